//! Personal data: e-mail addresses, telephone numbers, public IP addresses.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Range,
    sync::LazyLock,
};

use regex::Regex;

use super::{
    rules::constant,
    span::{Found, Sort},
};

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?-u:[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24})")
});

/// International numbers with their plus, and North American ones with their separators: bare digits are ids.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:^|[^A-Za-z0-9+._-])(?P<s>\+[1-9][0-9]{0,2}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){1,4}|\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[.-][0-9]{4})(?:$|[^A-Za-z0-9-])",
    )
});

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?-u:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})")
});

/// Finds personal data within one segment of a text.
pub(super) fn find(text: &str, segment: Range<usize>, found: &mut Vec<Found>) {
    let Some(part) = text.get(segment.clone()) else {
        return;
    };
    let mut add = |span: Range<usize>, sort| {
        found.push(Found {
            span: segment.start + span.start..segment.start + span.end,
            sort,
        });
    };
    for email in EMAIL.find_iter(part).filter(|email| !is_machine(email.as_str())) {
        add(email.range(), Sort::Email);
    }
    for phone in PHONE.captures_iter(part) {
        if let Some(number) = phone.name("s")
            && number.as_str().bytes().filter(u8::is_ascii_digit).count() >= 8
        {
            add(number.range(), Sort::Phone);
        }
    }
    for address in ADDRESS.find_iter(part) {
        if is_alone(part, address.range()) && address.as_str().parse().is_ok_and(is_public) {
            add(address.range(), Sort::Address);
        }
    }
}

/// True for `user@host` of a machine, which names a database or a balancer and no person.
fn is_machine(address: &str) -> bool {
    let host = address.rsplit('@').next().unwrap_or_default();
    [".amazonaws.com", ".internal", ".local", ".localdomain"]
        .iter()
        .any(|ending| host.ends_with(ending))
}

/// True when no letter, digit, dot or colon touches it: part of a version or an ARN otherwise.
fn is_alone(part: &str, span: Range<usize>) -> bool {
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let before = part
        .get(..span.start)
        .and_then(|before| before.chars().next_back());
    let mut after = part.get(span.end..).unwrap_or_default().chars();
    let next = after.next();
    let joined_before = touches(before) || before == Some('.');
    let joined_after = touches(next) || (next == Some('.') && touches(after.next()));
    !joined_before && !joined_after
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let shared = matches!(address.octets(), [100, 64..=127, ..]);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.octets()[0] == 0
        || shared)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3 (RFC 4291).
    address.segments()[0] & 0xe000 == 0x2000
}

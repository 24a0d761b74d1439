//! Vectors made with openssl.

use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"abc-secret";
const TIME: &str = "2025-11-23T18:00:00.000Z";
const BODY: &[u8] = br#"{"title":"x"}"#;
/// `echo -n "$TIME:$BODY" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64`
const SIGNED_WITH_TIME: &str = "IGHKPF6N2SykN2DT/nXsr/dbUu5JtNjehHx5PJhs1L8=";
/// `echo -n "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64`
const SIGNED: &str = "Qfojb87HG4S4Z6ua1wCEU8eG6s/AyIN0bLpz5TvvzhA=";
/// The same in hexadecimal digits.
const SIGNED_HEX: &str = "41fa236fcec71b84b867ab9ad7008453c786eacfc0c883746cba73e53befce10";

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn try_it(scheme: Scheme, proof: &Proof, all: &[(&'static str, &str)], body: &[u8]) -> Result<(), Refusal> {
    let headers = headers(all);
    let whole = check(scheme, &[proof], &headers, body, at(TIME));
    // What is believed whole is never refused at the door.
    if whole.is_ok() {
        assert_eq!(at_the_door(scheme, &[proof], &headers, at(TIME)), Ok(()));
    }
    whole
}

#[test]
fn the_first_version_signs_the_timestamp_as_it_was_received() {
    let key = Proof::key(SECRET);
    let good = [(SIGNATURE, SIGNED_WITH_TIME), (TIMESTAMP, TIME)];
    let scheme = Scheme::Timestamped;
    assert_eq!(try_it(scheme, &key, &good, BODY), Ok(()));
    assert_eq!(try_it(scheme, &key, &good, b"{}"), Err(Refusal::WrongSignature));
    let other = Proof::key(b"another");
    assert_eq!(try_it(scheme, &other, &good, BODY), Err(Refusal::WrongSignature));
    // The same instant in another form was not what was signed.
    let form = [(SIGNATURE, SIGNED_WITH_TIME), (TIMESTAMP, "2025-11-23T18:00:00Z")];
    assert_eq!(try_it(scheme, &key, &form, BODY), Err(Refusal::WrongSignature));
    // The signature of the body alone is not one.
    let body_only = [(SIGNATURE, SIGNED), (TIMESTAMP, TIME)];
    assert_eq!(
        try_it(scheme, &key, &body_only, BODY),
        Err(Refusal::WrongSignature)
    );
    for (all, refusal) in [
        (&good[..1], Refusal::Missing(TIMESTAMP)),
        (&good[1..], Refusal::Missing(SIGNATURE)),
        (
            &[(SIGNATURE, "%%%"), (TIMESTAMP, TIME)][..],
            Refusal::Unreadable(SIGNATURE),
        ),
        (
            &[(SIGNATURE, "AAAA"), (TIMESTAMP, TIME)][..],
            Refusal::Unreadable(SIGNATURE),
        ),
        (
            &[(SIGNATURE, SIGNED_WITH_TIME), (TIMESTAMP, "noon")][..],
            Refusal::NoTime(TIMESTAMP),
        ),
        (&[good[0], good[0], good[1]][..], Refusal::Unreadable(SIGNATURE)),
    ] {
        assert_eq!(try_it(scheme, &key, all, BODY), Err(refusal));
    }
}

#[test]
fn five_minutes_either_way_by_the_servers_clock() {
    let key = Proof::key(SECRET);
    let all = headers(&[(SIGNATURE, SIGNED_WITH_TIME), (TIMESTAMP, TIME)]);
    for (now, fine) in [
        ("2025-11-23T18:05:00Z", true),
        ("2025-11-23T17:55:00Z", true),
        ("2025-11-23T18:05:00.001Z", false),
        ("2025-11-23T17:54:59.999Z", false),
        ("2026-11-23T18:00:00Z", false),
    ] {
        let outcome = check(Scheme::Timestamped, &[&key], &all, BODY, at(now));
        let wanted = if fine {
            Ok(())
        } else {
            Err(Refusal::OutOfTime(TIMESTAMP))
        };
        assert_eq!(outcome, wanted, "{now}");
    }
}

#[test]
fn any_iso_form_of_the_time_is_read() {
    let key = Proof::key(SECRET);
    for form in [
        "2025-11-23T18:00:00Z",
        "2025-11-23T19:00:00+01:00",
        "2025-11-23T19:00:00.123456+01:00",
        "2025-11-23 18:00:00Z",
        "2025-11-23T18:00:00",
        "20251123T180000Z",
    ] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, SECRET));
        context.update(form.as_bytes());
        context.update(b":");
        context.update(BODY);
        let signature = base64::engine::general_purpose::STANDARD.encode(context.sign());
        let all = [(SIGNATURE, signature.as_str()), (TIMESTAMP, form)];
        assert_eq!(try_it(Scheme::Timestamped, &key, &all, BODY), Ok(()), "{form}");
    }
}

#[test]
fn the_business_rule_signs_the_body_alone() {
    let key = Proof::key(SECRET);
    let scheme = Scheme::BodyOnly;
    let good = [(SIGNATURE, SIGNED)];
    assert_eq!(try_it(scheme, &key, &good, BODY), Ok(()));
    assert_eq!(try_it(scheme, &key, &good, b"{}"), Err(Refusal::WrongSignature));
    assert_eq!(try_it(scheme, &key, &[], BODY), Err(Refusal::Missing(SIGNATURE)));
    let with_time = [(SIGNATURE, SIGNED_WITH_TIME), (TIMESTAMP, TIME)];
    assert_eq!(
        try_it(scheme, &key, &with_time, BODY),
        Err(Refusal::WrongSignature)
    );
}

#[test]
fn a_token_is_known_by_its_digest() {
    let token = Proof::Token(sha256(b"hush"));
    let bearer = |value| try_it(Scheme::Bearer, &token, &[("authorization", value)], BODY);
    for fine in ["Bearer hush", "bearer hush", "BEARER  hush"] {
        assert_eq!(bearer(fine), Ok(()), "{fine}");
    }
    assert_eq!(bearer("Bearer loud"), Err(Refusal::WrongToken));
    assert_eq!(bearer("Bearer "), Err(Refusal::WrongToken));
    for bad in ["hush", "Basic hush", ""] {
        assert_eq!(bearer(bad), Err(Refusal::Unreadable("authorization")), "{bad}");
    }
    let none = try_it(Scheme::Bearer, &token, &[], BODY);
    assert_eq!(none, Err(Refusal::Missing("authorization")));
    let gitlab = |value| try_it(Scheme::GitLab, &token, &[("x-gitlab-token", value)], BODY);
    assert_eq!(gitlab("hush"), Ok(()));
    assert_eq!(gitlab("loud"), Err(Refusal::WrongToken));
    // A key is no token, and a token no key.
    let key = Proof::key(b"hush");
    let crossed = try_it(Scheme::Bearer, &key, &[("authorization", "Bearer hush")], BODY);
    assert_eq!(crossed, Err(Refusal::WrongToken));
}

#[test]
fn pager_duty_signs_under_each_of_its_secrets() {
    let key = Proof::key(SECRET);
    let name = "x-pagerduty-signature";
    let try_this = |value: &str| try_it(Scheme::PagerDuty, &key, &[(name, value)], BODY);
    let other = "0".repeat(64);
    assert_eq!(try_this(&format!("v1={SIGNED_HEX}")), Ok(()));
    assert_eq!(try_this(&format!("v1={other}, v1={SIGNED_HEX}")), Ok(()));
    assert_eq!(try_this(&format!("v1={other}")), Err(Refusal::WrongSignature));
    for bad in [SIGNED_HEX, "v2=00", "v1=zz", ""] {
        assert_eq!(try_this(bad), Err(Refusal::Unreadable(name)), "{bad}");
    }
}

#[test]
fn github_signs_the_body() {
    let key = Proof::key(SECRET);
    let name = "x-hub-signature-256";
    let try_this = |value: &str, body| try_it(Scheme::GitHub, &key, &[(name, value)], body);
    let good = format!("sha256={SIGNED_HEX}");
    assert_eq!(try_this(&good, BODY), Ok(()));
    assert_eq!(try_this(&good, b"{}"), Err(Refusal::WrongSignature));
    assert_eq!(try_this(SIGNED_HEX, BODY), Err(Refusal::Unreadable(name)));
}

#[test]
fn while_a_secret_is_being_changed_both_hold() {
    let (old, new) = (Proof::key(SECRET), Proof::key(b"new"));
    let all = headers(&[(SIGNATURE, SIGNED)]);
    let with = |proofs: &[&Proof]| check(Scheme::BodyOnly, proofs, &all, BODY, at(TIME));
    assert_eq!(with(&[&new, &old]), Ok(()));
    assert_eq!(with(&[&new]), Err(Refusal::WrongSignature));
    assert_eq!(with(&[]), Err(Refusal::WrongSignature));
}

const SCHEMES: [Scheme; 7] = [
    Scheme::Timestamped,
    Scheme::BodyOnly,
    Scheme::Bearer,
    Scheme::PagerDuty,
    Scheme::GitHub,
    Scheme::GitLab,
    Scheme::Sns,
];

proptest! {
    #[test]
    fn nothing_made_up_is_believed(
        values in prop::collection::vec((0usize..6, "[ -~]{0,80}"), 0..6),
        body in prop::collection::vec(proptest::num::u8::ANY, 0..64),
    ) {
        let names = [SIGNATURE, TIMESTAMP, "authorization", "x-pagerduty-signature", "x-hub-signature-256", "x-gitlab-token"];
        let mut headers = HeaderMap::new();
        for (name, value) in &values {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(names[*name], value);
            }
        }
        for scheme in SCHEMES {
            for proof in [Proof::key(SECRET), Proof::Token(sha256(b"a token of some length"))] {
                prop_assert!(check(scheme, &[&proof], &headers, &body, at(TIME)).is_err());
            }
        }
    }

    #[test]
    fn one_changed_byte_is_another_message(index in 0usize..13, byte in proptest::num::u8::ANY) {
        let mut body = BODY.to_vec();
        prop_assume!(body[index] != byte);
        body[index] = byte;
        let all = headers(&[(SIGNATURE, SIGNED)]);
        prop_assert!(check(Scheme::BodyOnly, &[&Proof::key(SECRET)], &all, &body, at(TIME)).is_err());
    }
}

/// The example of "Verifying requests from Slack" in Slack's documentation.
#[test]
fn slack_signs_version_timestamp_and_body() {
    let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar\
        &user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2F\
        commands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447\
        fce8b6703c";
    let key = Proof::key(b"8f742231b10e8888abcd99yyyzzz85a5");
    let (signature, time) = ("x-slack-signature", "x-slack-request-timestamp");
    let signed = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let good = [(signature, signed), (time, "1531420618")];
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    let outcome = |all: &[(&'static str, &str)], now| {
        let headers = headers(all);
        let whole = check(Scheme::Slack, &[&key], &headers, body, at(now));
        if whole.is_ok() {
            assert_eq!(at_the_door(Scheme::Slack, &[&key], &headers, at(now)), Ok(()));
        }
        whole
    };
    assert_eq!(outcome(&good, 1_531_420_618), Ok(()));
    assert_eq!(outcome(&good, 1_531_420_918), Ok(()));
    assert_eq!(outcome(&good, 1_531_420_919), Err(Refusal::OutOfTime(time)));
    assert_eq!(
        outcome(&good[1..], 1_531_420_618),
        Err(Refusal::Missing(signature))
    );
    assert_eq!(outcome(&good[..1], 1_531_420_618), Err(Refusal::Missing(time)));
    let later = [(signature, signed), (time, "1531420619")];
    assert_eq!(outcome(&later, 1_531_420_618), Err(Refusal::WrongSignature));
    let noon = [(signature, signed), (time, "noon")];
    assert_eq!(outcome(&noon, 1_531_420_618), Err(Refusal::NoTime(time)));
    let bare = [(signature, &signed[3..]), (time, "1531420618")];
    assert_eq!(outcome(&bare, 1_531_420_618), Err(Refusal::Unreadable(signature)));
}

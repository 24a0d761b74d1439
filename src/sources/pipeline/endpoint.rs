//! The closed list's entries: one read that may be sent.

/// One read. There is no way to send anything else to a vendor's API.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The path as the vendor's description spells it, parameters in braces.
    pub path: &'static str,
    /// Parameters of the query that may follow it.
    pub query: &'static [&'static str],
    /// The permission that it takes, in the vendor's words.
    pub permission: &'static str,
}

impl Endpoint {
    /// The path with its parameters filled in, each as one segment whatever it holds.
    pub fn fill(&self, values: &[&str]) -> String {
        let mut path = String::new();
        let mut rest = self.path;
        let mut values = values.iter();
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            percent(&mut path, values.next().copied().unwrap_or_default());
            rest = after.split_once('}').map_or("", |(_, rest)| rest);
        }
        path.push_str(rest);
        path
    }
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
pub(super) fn percent(out: &mut String, words: &str) {
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_segment() {
        let endpoint = Endpoint {
            path: "/projects/{id}/jobs/{job}",
            query: &[],
            permission: "",
        };
        assert_eq!(
            endpoint.fill(&["acme/orders", "7"]),
            "/projects/acme%2Forders/jobs/7"
        );
        assert_eq!(
            endpoint.fill(&["a?b#c", "../x"]),
            "/projects/a%3Fb%23c/jobs/..%2Fx"
        );
    }
}

//! `WWW-Authenticate`, as far as it concerns bearer tokens (RFC 6750, RFC 9728).

/// Why a server turned a request away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// True for a 403: the token is known, and allows too little.
    pub forbidden: bool,
    /// Where the server says which authorization server it trusts.
    pub metadata: Option<String>,
    /// What a token has to allow.
    pub scopes: Vec<String>,
}

impl Challenge {
    /// Reads the header; what is not understood is left.
    pub fn parse(header: &str, forbidden: bool) -> Self {
        let mut challenge = Self {
            forbidden,
            ..Self::default()
        };
        for (name, value) in parameters(header) {
            match name.as_str() {
                "resource_metadata" => challenge.metadata = Some(value),
                "scope" => challenge.scopes = value.split_whitespace().map(str::to_owned).collect(),
                _ => {}
            }
        }
        challenge
    }
}

/// `name=value` and `name="value"`, wherever they stand.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before
            .rsplit(|c: char| c == ',' || c.is_whitespace())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted),
            None => match after.find(|c: char| c == ',' || c.is_whitespace()) {
                Some(end) => {
                    let (value, left) = after.split_at(end);
                    (value.to_owned(), left)
                }
                None => (after.to_owned(), ""),
            },
        };
        found.push((name, value));
        rest = left;
    }
    found
}

fn quoted_value(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_asks_for_is_read() {
        let header = "Bearer error=\"insufficient_scope\", scope=\"a b\", resource_metadata=\"https://x.org/m?a=b\", realm=x";
        let challenge = Challenge::parse(header, true);
        assert_eq!(challenge.scopes, ["a", "b"]);
        assert_eq!(challenge.metadata.as_deref(), Some("https://x.org/m?a=b"));
        assert_eq!(Challenge::parse("Bearer", false), Challenge::default());
        assert_eq!(
            Challenge::parse("Bearer scope=\"unclosed", false).scopes,
            ["unclosed"]
        );
    }
}

//! Names under which secrets stand.

/// Endings of names (lower case, separators left out) whose value is a secret.
const ENDINGS: [&str; 33] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "secretstring",
    "secretbinary",
    "apikey",
    "apitoken",
    "accesskey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "securitytoken",
    "idtoken",
    "bearertoken",
    "bottoken",
    "oauthtoken",
    "csrftoken",
    "privatetoken",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "accountkey",
    "sharedkey",
    "licensekey",
    "xamzsignature",
    "credential",
    "credentials",
];

/// Words before `token` that make it an ordinary thing: places in a listing, idempotency, a parser's complaint.
const HARMLESS_TOKENS: [&str; 18] = [
    "next",
    "continuation",
    "page",
    "pagination",
    "client",
    "request",
    "idempotency",
    "unexpected",
    "invalid",
    "start",
    "starting",
    "end",
    "forward",
    "backward",
    "sync",
    "resume",
    "stream",
    "cancellation",
];

/// True for the name of a thing that is a secret: `DB_PASSWORD`, `clientSecret`, `x-api-key`. False for names about
/// secrets: `secretArn`, `passwordLastUsed`, `nextToken`.
pub(super) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let squashed = words.concat();
    if ENDINGS.iter().any(|ending| squashed.ends_with(ending)) {
        return true;
    }
    match words.as_slice() {
        [.., before, last] if last == "token" => !HARMLESS_TOKENS.contains(&before.as_str()),
        [last] if last == "token" => true,
        [.., _, last] => last == "pass",
        _ => false,
    }
}

/// True for a bare `pass`, which is a password before `=` and an English word before `:`.
pub(super) fn is_pass(name: &str) -> bool {
    name.eq_ignore_ascii_case("pass")
}

/// True when the last word of the name is `token`, so that short or wordy values are not secrets.
pub(super) fn is_token(name: &str) -> bool {
    words(name).last().is_some_and(|last| last == "token")
}

/// The words of a name, lower case: cut at separators and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut small_before = false;
    for c in name.chars() {
        let cut = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && small_before);
        if cut && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        small_before = c.is_ascii_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_about_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "MasterUserPassword",
            "clientSecret",
            "x-api-key",
            "apiKey",
            "AWS_SECRET_ACCESS_KEY",
            "SecretAccessKey",
            "token",
            "GITHUB_TOKEN",
            "sessionToken",
            "DB_PASS",
            "X-Amz-Signature",
            "pwd",
            "Private_Key",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "secretArn",
            "SecretId",
            "secret_name",
            "passwordLastUsed",
            "PasswordResetRequired",
            "nextToken",
            "NextToken",
            "next_token",
            "ClientRequestToken",
            "maxTokens",
            "KmsKeyId",
            "PartitionKey",
            "key",
            "bypass",
            "compass",
            "tokens",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}

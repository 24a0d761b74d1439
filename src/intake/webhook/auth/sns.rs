//! Messages of Amazon SNS carry their signature, and the address of the certificate that it was made with. The certificate is
//! trusted because it comes over TLS from SNS itself: no other host is ever asked for it.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
    pem::PemObject as _,
};
use serde::Deserialize;
use url::Url;
use webpki::EndEntityCert;

use super::Refusal;

/// A message as SNS sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// What it is.
    #[serde(rename = "Type")]
    pub sort: Sort,
    /// Its id.
    pub message_id: String,
    /// The topic that it comes from.
    pub topic_arn: String,
    /// A headline; part of what is signed where it is there.
    #[serde(default)]
    pub subject: Option<String>,
    /// What was published.
    pub message: String,
    /// When.
    pub timestamp: String,
    /// `1`: SHA-1; `2`: SHA-256.
    pub signature_version: String,
    /// Base64.
    pub signature: String,
    /// Where the certificate is.
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    /// Where a subscription is confirmed (or taken up again).
    #[serde(default, rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
    /// What proves the subscription to SNS.
    #[serde(default)]
    pub token: Option<String>,
}

/// What SNS wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Sort {
    /// To deliver something.
    Notification,
    /// To know whether the subscription is wanted.
    SubscriptionConfirmation,
    /// To say that the subscription is over.
    UnsubscribeConfirmation,
}

impl Message {
    /// What is signed: names and values, a line each, in the order of SNS.
    fn signed(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            text.push_str(name);
            text.push('\n');
            text.push_str(value);
            text.push('\n');
        };
        line("Message", &self.message);
        line("MessageId", &self.message_id);
        match self.sort {
            Sort::Notification => {
                if let Some(subject) = &self.subject {
                    line("Subject", subject);
                }
            }
            Sort::SubscriptionConfirmation | Sort::UnsubscribeConfirmation => {
                line("SubscribeURL", self.subscribe_url.as_deref().unwrap_or_default());
            }
        }
        line("Timestamp", &self.timestamp);
        if self.sort != Sort::Notification {
            line("Token", self.token.as_deref().unwrap_or_default());
        }
        line("TopicArn", &self.topic_arn);
        line(
            "Type",
            match self.sort {
                Sort::Notification => "Notification",
                Sort::SubscriptionConfirmation => "SubscriptionConfirmation",
                Sort::UnsubscribeConfirmation => "UnsubscribeConfirmation",
            },
        );
        text
    }

    /// Where the certificate is to be had; none when that is not SNS, or is none of its certificates: its other addresses may
    /// answer with words that a stranger has put there.
    pub fn certificate(&self) -> Option<Url> {
        sns_address(&self.signing_cert_url).filter(|url| {
            let name = url
                .path()
                .strip_prefix("/SimpleNotificationService-")
                .and_then(|rest| rest.strip_suffix(".pem"));
            let fine = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            name.is_some_and(fine) && url.query().is_none()
        })
    }

    /// Where the subscription is confirmed; none when that is not SNS, or another topic.
    pub fn confirmation(&self) -> Option<Url> {
        let url = sns_address(self.subscribe_url.as_deref()?)?;
        let says = |name: &str, value: &str| {
            let mut pairs = url.query_pairs();
            pairs.any(|(key, said)| key == name && said == value)
        };
        let same = says("Action", "ConfirmSubscription") && says("TopicArn", &self.topic_arn);
        same.then_some(url)
    }

    /// Whether the certificate (PEM) signed it.
    ///
    /// # Errors
    /// When it did not, or is none.
    pub fn check(&self, certificate: &[u8]) -> Result<(), Refusal> {
        let wrong = |_| Refusal::WrongSignature;
        let algorithm: &Rsa = match self.signature_version.as_str() {
            "1" => &Rsa::SHA1,
            "2" => &Rsa::SHA256,
            _ => return Err(Refusal::WrongSignature),
        };
        let signature = STANDARD
            .decode(&self.signature)
            .map_err(|_| Refusal::WrongSignature)?;
        let der = CertificateDer::from_pem_slice(certificate).map_err(|_| Refusal::WrongSignature)?;
        let certificate = EndEntityCert::try_from(&der).map_err(wrong)?;
        certificate
            .verify_signature(algorithm, self.signed().as_bytes(), &signature)
            .map_err(wrong)
    }
}

/// An address at SNS over https, without anything that could lead elsewhere.
fn sns_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com")
            .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    })?;
    let named = region.len() >= 3
        && region
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (named && plain).then_some(url)
}

/// RSA with PKCS #1 padding, as SNS signs; webpki brings none with SHA-1, which SNS still uses unless told.
#[derive(Debug)]
struct Rsa(&'static RsaParameters);

impl Rsa {
    const SHA1: Self = Self(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY);
    const SHA256: Self = Self(&RSA_PKCS1_2048_8192_SHA256);
}

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(self.0, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// Of certificates, which are not looked at here.
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}

#[cfg(test)]
mod tests {
    use super::sns_address;

    #[test]
    fn no_host_but_sns_is_asked() {
        for fine in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
            "https://SNS.us-east-1.amazonaws.com/x.pem",
        ] {
            assert!(sns_address(fine).is_some(), "{fine}");
        }
        for bad in [
            "http://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
            "https://user:pw@sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com:8443/x.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.evil.example.amazonaws.com/x.pem",
            "https://bucket.s3.amazonaws.com/x.pem",
            "https://sns.amazonaws.com/x.pem",
            "https://127.0.0.1/x.pem",
            "file:///etc/passwd",
            "",
        ] {
            assert!(sns_address(bad).is_none(), "{bad}");
        }
    }
}

//! Tokens by OAuth client credentials, for receivers that want them (ServiceNow).

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::{
    config::{Auth, Connection, SecretRef},
    model::Text,
    net::{Net, is_loopback},
    redact::Secret,
    sources::{
        mcp::oauth::{
            discover::Server,
            http::{Http, Method},
            token,
        },
        pipeline::{Credential, Fault, credential::Mint},
        secrets::Secrets,
    },
};

/// A token whose end is not said is good for so long.
const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// Whoever sends by a connection: a token, a key, or client credentials.
///
/// # Errors
/// When the connection's method cannot be used.
pub fn credential(
    name: &str,
    connection: &Connection,
    net: &Net,
    secrets: &Secrets,
) -> Result<Credential, Text> {
    let Auth::ClientCredentials {
        id,
        secret,
        token_url,
        scopes,
        parameters,
    } = &connection.auth
    else {
        return Credential::new(name, &connection.auth, secrets);
    };
    let unfit = || {
        Text::from("connection ")
            .ext(name)
            .own(" does not say where its client's secret is exchanged for a token\nhint: token_url = \"https://...\" in its auth")
    };
    let url = token_url.as_deref().and_then(|url| Url::parse(url).ok());
    let url = url
        .filter(|url| url.scheme() == "https" || is_loopback(url.as_str()))
        .ok_or_else(unfit)?;
    let http = Http::new(net.clone(), url.as_str()).map_err(|error| Text::new().ext(error.to_string()))?;
    Ok(Credential::minted(Box::new(Client {
        http,
        server: Server {
            issuer: url.origin().ascii_serialization(),
            authorization: None,
            token: url,
            registration: None,
            methods: Vec::new(),
            scopes: Vec::new(),
            documents: false,
            names_itself: false,
        },
        id: id.clone(),
        secret: secret.clone(),
        scopes: scopes.clone(),
        parameters: parameters.clone(),
        secrets: secrets.clone(),
    })))
}

struct Client {
    http: Http,
    server: Server,
    id: String,
    secret: SecretRef,
    scopes: Vec<String>,
    parameters: BTreeMap<String, String>,
    secrets: Secrets,
}

#[async_trait]
impl Mint for Client {
    async fn mint(&self) -> Result<(Secret, Timestamp), Fault> {
        let secret = self.secrets.get(&self.secret).await;
        let secret = secret.map_err(|error| Fault::Secret(error.to_string().replace("\nhint: ", "; ")))?;
        let mut form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        if !self.scopes.is_empty() {
            form.push(("scope".to_owned(), self.scopes.join(" ")));
        }
        form.extend(self.parameters.clone());
        // In the form: ServiceNow looks for it there.
        let answered = self
            .http
            .post_form(&self.server.token, form, &self.id, Some(&secret), Method::Post)
            .await;
        let (status, body) = answered.map_err(|error| Fault::Unreachable(error.why.plain()))?;
        if status == 429 || status >= 500 {
            return Err(Fault::Failed(format!("the login server answers {status}")));
        }
        let tokens = token::read(&self.server, status, &body, &self.scopes).map_err(|refusal| {
            let why = refusal.error.why.plain();
            Fault::Credentials(why.replace(secret.expose(), "<secret>"))
        })?;
        let until = tokens
            .expires
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .unwrap_or_else(|| Timestamp::now() + LASTS);
        Ok((tokens.access, until))
    }
}

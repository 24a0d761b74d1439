//! OAuth for MCP servers, on [`Net`](crate::net::Net) alone: nothing of it is logged, every answer is bounded, and what an
//! authorization server gave is shown to that server and, as a token, to the one MCP server that it is for.
//!
//! - [`challenge`] - what a server asks for. [`discover`] - who gives it. [`register`] - who we are. [`consent`] - a person
//!   agrees. [`token`] - what comes of it. [`loopback`] - where the browser is sent back to. [`http`] - the calls.
//!
//! rmcp's own OAuth is not used: it has no place for further parameters of an exchange, keeps no registration that comes with
//! a secret, and writes codes to its log.

pub mod challenge;
pub mod consent;
pub mod discover;
pub mod http;
pub mod loopback;
pub mod register;
pub mod token;

use std::{collections::BTreeMap, sync::Arc};

use challenge::Challenge;
use consent::{Attempt, Consent};
use discover::{Found, Server};
use http::{Http, Method};
use jiff::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use super::{
    error::McpError,
    memory::{Client, Memory, Tokens},
};
use crate::{
    config::SecretRef,
    model::{GapKind, Text},
    redact::Secret,
    sources::secrets::Secrets,
};

/// A token is renewed so many seconds before it expires.
const EARLY: i64 = 10;

/// What entitles midwatch to a token.
#[derive(Debug, Clone)]
pub enum Sort {
    /// Its own credentials.
    Credentials {
        /// Client id.
        id: String,
        /// Client secret.
        secret: SecretRef,
        /// Token endpoint; none: as the metadata say.
        token_url: Option<String>,
        /// Scopes; none: as the server says.
        scopes: Vec<String>,
        /// Further parameters of the exchange.
        parameters: BTreeMap<String, String>,
    },
    /// A person's consent.
    Person {
        /// Client id. One that is an https address is that of a client's document, which not every server takes.
        id: Option<String>,
        /// Client secret, for a client that has one.
        secret: Option<SecretRef>,
        /// Scopes; none: as the server says.
        scopes: Vec<String>,
    },
}

/// A connection's entitlement, with the tokens that it gave so far.
pub struct Grant {
    name: String,
    sort: Sort,
    http: Http,
    secrets: Secrets,
    memory: Arc<Memory>,
    consent: Option<Arc<dyn Consent>>,
    /// One renewal at a time; a token of credentials is kept here alone.
    held: Mutex<Option<Tokens>>,
}

impl Grant {
    /// The entitlement of the connection `name`. Without `consent`, who has to log in is told so.
    pub fn new(
        name: &str,
        sort: Sort,
        http: Http,
        secrets: Secrets,
        memory: Arc<Memory>,
        consent: Option<Arc<dyn Consent>>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            sort,
            http,
            secrets,
            memory,
            consent,
            held: Mutex::new(None),
        }
    }

    /// The token to send, renewed when its time is up; none while nobody asked for one.
    pub async fn token(&self) -> Result<Option<Secret>, McpError> {
        let mut held = self.held.lock().await;
        if let Some(tokens) = held.as_ref().filter(|tokens| is_fresh(tokens)) {
            return Ok(Some(tokens.access.clone()));
        }
        if let Sort::Credentials {
            token_url: Some(_), ..
        } = &self.sort
        {
            *held = Some(self.exchange(&Challenge::default(), &[]).await?);
        } else if let Sort::Person { .. } = &self.sort {
            let remembered = self.memory.read().tokens;
            *held = match remembered {
                Some(tokens) if is_fresh(&tokens) => Some(tokens),
                Some(tokens) if tokens.refresh.is_some() => {
                    let found = discover::discover(&self.http, &Challenge::default()).await?;
                    self.refresh(&found, &tokens).await?
                }
                _ => None,
            };
        } else {
            // The next challenge says where another is to be had.
            *held = None;
        }
        Ok(held.as_ref().map(|tokens| tokens.access.clone()))
    }

    /// Gets a token that answers `challenge`; `used` is the one that was turned away.
    pub async fn answer(&self, challenge: &Challenge, used: Option<&Secret>) -> Result<(), McpError> {
        let mut held = self.held.lock().await;
        // Somebody else was here meanwhile.
        if held.as_ref().map(|tokens| &tokens.access) != used && held.is_some() {
            return Ok(());
        }
        let had = held
            .as_ref()
            .map(|tokens| tokens.scopes.clone())
            .unwrap_or_default();
        if let Sort::Credentials { .. } = &self.sort {
            *held = Some(self.exchange(challenge, &had).await?);
            return Ok(());
        }
        let found = discover::discover(&self.http, challenge).await?;
        if !challenge.forbidden
            && let Some(tokens) = self.memory.read().tokens
            && Some(&tokens.access) == used
            && let Some(renewed) = self.refresh(&found, &tokens).await?
        {
            *held = Some(renewed);
            return Ok(());
        }
        *held = Some(self.consented(&found, challenge, &had).await?);
        Ok(())
    }

    /// Logs in anew, whatever is remembered.
    pub async fn log_in(&self) -> Result<(), McpError> {
        let mut held = self.held.lock().await;
        let challenge = Challenge::default();
        if let Sort::Credentials { .. } = &self.sort {
            *held = Some(self.exchange(&challenge, &[]).await?);
            return Ok(());
        }
        let found = discover::discover(&self.http, &challenge).await?;
        *held = Some(self.consented(&found, &challenge, &[]).await?);
        Ok(())
    }

    /// Takes every secret out of words that came from outside.
    pub async fn scrub(&self, words: &str) -> String {
        let mut clean = words.to_owned();
        let held = self.held.lock().await;
        let tokens = held.iter().flat_map(|tokens| {
            let refresh = tokens.refresh.iter();
            std::iter::once(&tokens.access).chain(refresh)
        });
        for secret in tokens {
            if secret.expose().len() > 3 {
                clean = clean.replace(secret.expose(), "<secret>");
            }
        }
        clean
    }

    /// Client credentials for a token.
    async fn exchange(&self, challenge: &Challenge, had: &[String]) -> Result<Tokens, McpError> {
        let Sort::Credentials {
            id,
            secret,
            token_url,
            scopes,
            parameters,
        } = &self.sort
        else {
            return Err(self.needs_login(&[]));
        };
        let found = match token_url {
            Some(url) => self.said(url)?,
            None => discover::discover(&self.http, challenge).await?,
        };
        let scopes = wanted(scopes, &found, challenge, had);
        let secret = self.secret(secret).await?;
        let mut form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        if !scopes.is_empty() {
            form.push(("scope".to_owned(), scopes.join(" ")));
        }
        if !parameters.contains_key("resource") {
            form.push(("resource".to_owned(), found.resource.clone()));
        }
        form.extend(parameters.iter().map(|(key, value)| (key.clone(), value.clone())));
        let method = found.server.method(None, true);
        let post = async |method| {
            let url = &found.server.token;
            let (status, body) = self
                .http
                .post_form(url, form.clone(), id, Some(&secret), method)
                .await?;
            Ok::<_, McpError>(token::read(&found.server, status, &body, &scopes))
        };
        let outcome = match post(method).await? {
            // Where it does not say what it takes, the other way is tried once.
            Err(refusal) if found.server.methods.is_empty() && refusal.code == "invalid_client" => {
                post(Method::Post).await?
            }
            outcome => outcome,
        };
        let outcome = outcome.map_err(|refusal| refusal.error);
        outcome.map_err(|error| without(error, &secret))
    }

    /// The token endpoint that the configuration names.
    fn said(&self, token_url: &str) -> Result<Found, McpError> {
        let token = Url::parse(token_url).ok().filter(|url| {
            url.scheme() == "https" || url.scheme() == "http" && crate::net::is_loopback(url.as_str())
        });
        let Some(token) = token else {
            return Err(McpError::new(
                GapKind::Credentials,
                "the connection's token_url is not one that is trusted",
                "https://..., or http:// on this host alone",
            ));
        };
        Ok(Found {
            server: Server {
                issuer: token.origin().ascii_serialization(),
                authorization: None,
                token,
                registration: None,
                methods: Vec::new(),
                scopes: Vec::new(),
                documents: false,
                names_itself: false,
            },
            resource: self.http.server.to_string(),
            scopes: Vec::new(),
        })
    }

    /// A refresh token for a token; none when a person has to log in again.
    async fn refresh(&self, found: &Found, tokens: &Tokens) -> Result<Option<Tokens>, McpError> {
        let client = self.memory.read().client;
        // What one authorization server gave is not shown to another.
        let (Some(refresh), Some(client)) = (&tokens.refresh, client) else {
            return Ok(None);
        };
        if tokens.issuer != found.server.issuer || client.issuer != found.server.issuer {
            return Ok(None);
        }
        let secret = self.client_secret(&client).await?;
        let form = vec![
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            ("refresh_token".to_owned(), refresh.expose().to_owned()),
            ("resource".to_owned(), found.resource.clone()),
        ];
        let method = found.server.method(client.method.as_deref(), secret.is_some());
        let (status, body) = self
            .http
            .post_form(&found.server.token, form, &client.id, secret.as_ref(), method)
            .await?;
        match token::read(&found.server, status, &body, &tokens.scopes) {
            Ok(mut renewed) => {
                renewed.refresh = renewed.refresh.or_else(|| tokens.refresh.clone());
                self.keep(None, &renewed);
                Ok(Some(renewed))
            }
            Err(_) if (400..500).contains(&status) => Ok(None),
            Err(refusal) => Err(without(refusal.error, refresh)),
        }
    }

    /// A person's consent for a token.
    async fn consented(
        &self,
        found: &Found,
        challenge: &Challenge,
        had: &[String],
    ) -> Result<Tokens, McpError> {
        let Sort::Person { id, secret, scopes } = &self.sort else {
            return Err(self.needs_login(&[]));
        };
        let mut scopes = wanted(scopes, found, challenge, had);
        let Some(consent) = &self.consent else {
            return Err(self.needs_login(&challenge.scopes));
        };
        let offline = "offline_access".to_owned();
        if !scopes.is_empty() && found.server.scopes.contains(&offline) && !scopes.contains(&offline) {
            scopes.push(offline);
        }
        let redirect = consent.redirect();
        let client = match id {
            Some(id) if found.server.documents || !id.starts_with("https://") => Client {
                issuer: found.server.issuer.clone(),
                id: id.clone(),
                // It stands in its own place and is not copied.
                secret: None,
                method: secret.is_none().then(|| "none".to_owned()),
                redirect: redirect.clone(),
            },
            _ => match self.memory.read().client {
                Some(client) if client.issuer == found.server.issuer && client.redirect == redirect => client,
                _ => register::register(&self.http, &found.server, &redirect, &scopes).await?,
            },
        };
        let attempt = Attempt::new(found, &client.id, &redirect, &scopes)?;
        let back = consent.ask(&attempt.url).await?;
        let code = attempt.code(found, &back)?;
        let secret = self.client_secret(&client).await?;
        let form = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), code.expose().to_owned()),
            ("redirect_uri".to_owned(), redirect),
            ("code_verifier".to_owned(), attempt.verifier.expose().to_owned()),
            ("resource".to_owned(), found.resource.clone()),
        ];
        let method = found.server.method(client.method.as_deref(), secret.is_some());
        let (status, body) = self
            .http
            .post_form(&found.server.token, form, &client.id, secret.as_ref(), method)
            .await?;
        let tokens = token::read(&found.server, status, &body, &scopes)
            .map_err(|refusal| without(refusal.error, &code))?;
        self.keep(Some(client), &tokens);
        Ok(tokens)
    }

    fn keep(&self, client: Option<Client>, tokens: &Tokens) {
        let kept = self.memory.change(|held| {
            held.client = client.or_else(|| held.client.take());
            held.tokens = Some(tokens.clone());
        });
        if let Err(error) = kept {
            tracing::warn!(connection = %self.name, %error, "a login could not be remembered");
        }
    }

    async fn client_secret(&self, client: &Client) -> Result<Option<Secret>, McpError> {
        if let Some(secret) = &client.secret {
            return Ok(Some(secret.clone()));
        }
        match &self.sort {
            Sort::Person {
                id: Some(id),
                secret: Some(place),
                ..
            } if *id == client.id => self.secret(place).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn secret(&self, place: &SecretRef) -> Result<Secret, McpError> {
        self.secrets.get(place).await.map_err(|error| {
            McpError::new(
                GapKind::Credentials,
                error.to_string().replace("\nhint: ", "; "),
                "the connection's auth says where it is looked for",
            )
        })
    }

    fn needs_login(&self, scopes: &[String]) -> McpError {
        let mut why = Text::from("connection ").own(&self.name).own(" is not logged in");
        let mut hint = Text::from("midwatch connection login ").own(&self.name);
        if !scopes.is_empty() {
            why = why.own(" for what this needs: ").ext(scopes.join(" "));
            for scope in scopes {
                hint = hint.own(" --scope ").ext(scope.clone());
            }
        }
        McpError::new(GapKind::Credentials, why, hint)
    }
}

/// Scopes to ask for: those of the configuration or else what the server names, and what it asks for now beside what it
/// granted before.
fn wanted(configured: &[String], found: &Found, challenge: &Challenge, had: &[String]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    let mut add = |more: &[String]| {
        for scope in more {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    };
    if challenge.forbidden {
        add(had);
    }
    if !configured.is_empty() {
        add(configured);
        add(&challenge.scopes);
    } else if !challenge.scopes.is_empty() {
        add(&challenge.scopes);
    } else {
        add(&found.scopes);
    }
    scopes
}

/// True while a token can be sent; one that can be renewed is, before its time is up.
fn is_fresh(tokens: &Tokens) -> bool {
    let early = if tokens.refresh.is_some() { EARLY } else { 0 };
    tokens
        .expires
        .is_none_or(|expires| Timestamp::now().as_second() < expires - early)
}

/// An error whose words do not repeat a secret.
fn without(mut error: McpError, secret: &Secret) -> McpError {
    if secret.expose().len() > 3 {
        for span in &mut error.why.0 {
            if let crate::model::Span::External { external } = span {
                *external = external.replace(secret.expose(), "<secret>");
            }
        }
    }
    error
}

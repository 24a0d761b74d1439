//! Who lets us in: protected resource metadata (RFC 9728), authorization server metadata (RFC 8414, OpenID Connect), and
//! what earlier revisions of the MCP authorization specification fall back to.

use serde_json::Value;
use url::Url;

use super::{
    super::error::{McpError, short},
    challenge::Challenge,
    http::{Http, Method},
};
use crate::model::{GapKind, Text};

/// An authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its identifier, byte by byte.
    pub issuer: String,
    /// Where a person consents.
    pub authorization: Option<Url>,
    /// Where tokens are given.
    pub token: Url,
    /// Where clients register themselves.
    pub registration: Option<Url>,
    /// How clients may prove themselves at the token endpoint; empty: it does not say.
    pub methods: Vec<String>,
    /// Scopes that it knows.
    pub scopes: Vec<String>,
    /// True when it takes the address of a document for a client id.
    pub documents: bool,
    /// True when it names itself in its redirects (RFC 9207).
    pub names_itself: bool,
}

/// What discovery found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The authorization server.
    pub server: Server,
    /// What tokens are asked for (RFC 8707).
    pub resource: String,
    /// Scopes that the resource names.
    pub scopes: Vec<String>,
}

impl Server {
    /// How a client with a secret proves itself.
    pub fn method(&self, said: Option<&str>, has_secret: bool) -> Method {
        let takes = |word: &str| self.methods.iter().any(|method| method == word);
        match said {
            Some("none") => Method::None,
            Some("client_secret_post") => Method::Post,
            Some("client_secret_basic") if has_secret => Method::Basic,
            _ if !has_secret => Method::None,
            _ if takes("client_secret_basic") => Method::Basic,
            _ if takes("client_secret_post") => Method::Post,
            _ if takes("none") => Method::None,
            // RFC 8414: what is not said is Basic.
            _ => Method::Basic,
        }
    }
}

/// Finds the authorization server of the connection's server.
pub async fn discover(http: &Http, challenge: &Challenge) -> Result<Found, McpError> {
    let Some(resource) = resource(http, challenge).await? else {
        return before_resources(http).await;
    };
    let named = resource.get("resource").and_then(Value::as_str);
    let named = named.unwrap_or(http.server.as_str()).to_owned();
    if !covers(&named, &http.server) {
        return Err(McpError::new(
            GapKind::Credentials,
            Text::from("the server says that its tokens are for ")
                .ext(short(&named))
                .own(", which is somewhere else"),
            "check the connection's url; a token for another server is never asked for",
        ));
    }
    let first = resource.get("authorization_servers").and_then(|all| all.get(0));
    let server = match first.and_then(Value::as_str) {
        Some(issuer) => server_at(http, issuer).await?,
        None => before_resources(http).await?.server,
    };
    Ok(Found {
        server,
        resource: named,
        scopes: words(&resource, "scopes_supported"),
    })
}

/// The metadata of the protected resource: where the challenge says, else at the well-known places.
async fn resource(http: &Http, challenge: &Challenge) -> Result<Option<Value>, McpError> {
    let mut places = Vec::new();
    if let Some(address) = &challenge.metadata {
        let url = http.trusted(address)?;
        if url.origin() != http.server.origin() {
            return Err(McpError::new(
                GapKind::Credentials,
                Text::from("the server sends us to ")
                    .ext(short(address))
                    .own(" to learn how to log in, which is another host"),
                "check the connection's url",
            ));
        }
        places.push(url);
    } else {
        places.push(well_known(&http.server, "oauth-protected-resource", false));
        let root = well_known(&http.server, "oauth-protected-resource", true);
        if !places.contains(&root) {
            places.push(root);
        }
    }
    for place in places {
        if let Some(found) = http.document(&place).await?
            && found.is_object()
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Before there was resource metadata (revision 2025-03-26), the server's own host was the authorization server, with
/// endpoints at fixed places where it says nothing.
async fn before_resources(http: &Http) -> Result<Found, McpError> {
    let mut base = http.server.clone();
    base.set_path("/");
    base.set_query(None);
    let issuer = base.as_str().trim_end_matches('/').to_owned();
    let url = well_known(&base, "oauth-authorization-server", true);
    let server = if let Some(document) = http.document(&url).await? {
        read(http, &issuer, &document, false)?
    } else {
        let at = |path: &str| {
            let mut url = base.clone();
            url.set_path(path);
            url
        };
        Server {
            issuer,
            authorization: Some(at("/authorize")),
            token: at("/token"),
            registration: Some(at("/register")),
            methods: Vec::new(),
            scopes: Vec::new(),
            documents: false,
            names_itself: false,
        }
    };
    Ok(Found {
        server,
        resource: http.server.to_string(),
        scopes: Vec::new(),
    })
}

/// The metadata of the authorization server `issuer`.
pub async fn server_at(http: &Http, issuer: &str) -> Result<Server, McpError> {
    let url = http.trusted(issuer)?;
    let mut places = vec![
        well_known(&url, "oauth-authorization-server", false),
        well_known(&url, "openid-configuration", false),
    ];
    if url.path() != "/" {
        let mut behind = url.clone();
        let path = format!(
            "{}/.well-known/openid-configuration",
            url.path().trim_end_matches('/')
        );
        behind.set_path(&path);
        behind.set_query(None);
        places.push(behind);
    }
    for place in places {
        if let Some(document) = http.document(&place).await?
            && document.is_object()
        {
            return read(http, issuer, &document, true);
        }
    }
    Err(McpError::new(
        GapKind::Credentials,
        Text::from("the login server ")
            .ext(short(issuer))
            .own(" says nothing of itself (RFC 8414)"),
        "ask who runs it; midwatch cannot log in without its metadata",
    ))
}

fn read(http: &Http, issuer: &str, document: &Value, strict: bool) -> Result<Server, McpError> {
    let word = |name: &str| document.get(name).and_then(Value::as_str);
    let said = word("issuer").unwrap_or(if strict { "" } else { issuer });
    // A slash that alone makes the path is what address libraries add.
    if strict && said.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(McpError::new(
            GapKind::Credentials,
            Text::from("the login server ")
                .ext(short(issuer))
                .own(" says that it is another: ")
                .ext(short(said)),
            "this can be an attack: ask who runs the server before you go on",
        ));
    }
    let proof = words(document, "code_challenge_methods_supported");
    if !proof.is_empty() && !proof.iter().any(|method| method == "S256") {
        return Err(McpError::new(
            GapKind::Credentials,
            Text::from("the login server ")
                .ext(short(issuer))
                .own(" does not take PKCE with S256"),
            "midwatch does not log in without it",
        ));
    }
    let endpoint = |name: &str| word(name).map(|address| http.trusted(address)).transpose();
    let missing = || {
        McpError::new(
            GapKind::Credentials,
            Text::from("the login server ")
                .ext(short(issuer))
                .own(" names no token endpoint"),
            "ask who runs it",
        )
    };
    let flag = |name: &str| document.get(name).and_then(Value::as_bool).unwrap_or(false);
    Ok(Server {
        issuer: said.to_owned(),
        authorization: endpoint("authorization_endpoint")?,
        token: endpoint("token_endpoint")?.ok_or_else(missing)?,
        registration: endpoint("registration_endpoint")?,
        methods: words(document, "token_endpoint_auth_methods_supported"),
        scopes: words(document, "scopes_supported"),
        documents: flag("client_id_metadata_document_supported"),
        names_itself: flag("authorization_response_iss_parameter_supported"),
    })
}

fn words(document: &Value, name: &str) -> Vec<String> {
    let list = document.get(name).and_then(Value::as_array);
    let words = list.into_iter().flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

/// `https://host/.well-known/NAME/path`, or without the path.
fn well_known(url: &Url, name: &str, root: bool) -> Url {
    let path = match url.path().trim_end_matches('/') {
        path if !root && !path.is_empty() => format!("/.well-known/{name}{path}"),
        _ => format!("/.well-known/{name}"),
    };
    let mut at = url.clone();
    at.set_path(&path);
    at.set_query(None);
    at.set_fragment(None);
    at
}

/// True when tokens for `resource` are tokens for `server`: one origin, and the path of the one begins that of the other.
fn covers(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else {
        return false;
    };
    let (outer, inner) = (
        resource.path().trim_end_matches('/'),
        server.path().trim_end_matches('/'),
    );
    resource.origin() == server.origin()
        && inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_this_server_alone() {
        let server = Url::parse("https://mcp.example.org/v1/mcp").unwrap();
        for fine in [
            "https://mcp.example.org/v1/mcp",
            "https://mcp.example.org",
            "https://mcp.example.org/v1/",
        ] {
            assert!(covers(fine, &server), "{fine}");
        }
        for bad in [
            "https://evil.example.org/v1/mcp",
            "https://mcp.example.org/v1/mcp2",
            "https://mcp.example.org/v",
            "http://mcp.example.org/v1/mcp",
            "no address",
        ] {
            assert!(!covers(bad, &server), "{bad}");
        }
    }

    #[test]
    fn well_known_places_stand_before_the_path() {
        let url = Url::parse("https://x.org/tenant/a?q=1").unwrap();
        assert_eq!(
            well_known(&url, "openid-configuration", false).as_str(),
            "https://x.org/.well-known/openid-configuration/tenant/a"
        );
        assert_eq!(
            well_known(&url, "openid-configuration", true).as_str(),
            "https://x.org/.well-known/openid-configuration"
        );
    }
}

//! How midwatch introduces itself to an authorization server: as it was told, by a document, or by registering (RFC 7591).

use serde_json::{Value, json};

use super::{
    super::{
        error::{McpError, short},
        memory::Client,
    },
    discover::Server,
    http::Http,
};
use crate::{
    model::{GapKind, Text},
    redact::Secret,
};

/// Registers midwatch as a client that is sent back to `redirect`.
pub async fn register(
    http: &Http,
    server: &Server,
    redirect: &str,
    scopes: &[String],
) -> Result<Client, McpError> {
    let place = || super::http::place(&server.token);
    let Some(url) = &server.registration else {
        return Err(McpError::new(
            GapKind::Credentials,
            Text::from("the login server ")
                .ext(place())
                .own(" lets nobody register by themselves"),
            "register midwatch there by hand and give its client id: midwatch connection edit NAME --oauth --client-id ID",
        ));
    };
    let takes = |word: &str| server.methods.iter().any(|method| method == word);
    let method = ["none", "client_secret_basic", "client_secret_post"]
        .into_iter()
        .find(|method| takes(method))
        .unwrap_or("none");
    let mut wanted = json!({
        "client_name": "midwatch",
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "application_type": "native",
    });
    if !scopes.is_empty() {
        wanted["scope"] = scopes.join(" ").into();
    }
    let (status, body) = http.post_json(url, &wanted).await?;
    let word = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|word| !word.is_empty())
    };
    let (true, Some(id)) = ((200..300).contains(&status), word("client_id")) else {
        let said = [word("error"), word("error_description")];
        let said: Vec<&str> = said.into_iter().flatten().collect();
        return Err(McpError::new(
            GapKind::Credentials,
            Text::from("the login server ")
                .ext(place())
                .own(format!(" does not register midwatch (HTTP {status}) "))
                .ext(short(&said.join(" "))),
            "register midwatch there by hand and give its client id: midwatch connection edit NAME --oauth --client-id ID",
        ));
    };
    Ok(Client {
        issuer: server.issuer.clone(),
        id: id.to_owned(),
        secret: word("client_secret").map(|secret| Secret::new(secret.to_owned())),
        method: word("token_endpoint_auth_method").map(str::to_owned),
        redirect: redirect.to_owned(),
    })
}

//! How a server is told who asks: headers as they are seen, client credentials field by field, tokens that expire, and
//! no secret in any word that anybody sees. The servers are doubles, the HTTP is real.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use midwatch::config::{Association, Auth, SecretRef};
use serde_json::json;

use crate::support::{
    double_mcp::{Asked, DoubleMcp, Reply, reader, usual},
    mcp::{Desk, connection},
};

const SECRET: &str = "hush-hush/+:";

/// A server that asks for a token, and beside it the authorization server that gives one, a new one each time. Only the
/// newest is taken; how many were given can be changed, so that it was another.
fn guarded(methods: &'static str) -> (DoubleMcp, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let server = DoubleMcp::start(move |asked| Some(guard(asked, methods, &count)));
    (server, given)
}

fn guard(asked: &Asked, methods: &str, given: &AtomicUsize) -> Reply {
    let base = format!("http://{}", asked.header("host").unwrap_or_default());
    match asked.path.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => Reply::json(
            200,
            &json!({"resource": format!("{base}/mcp"), "authorization_servers": [base], "scopes_supported": ["read"]}),
        ),
        "/.well-known/oauth-authorization-server" => Reply::json(
            200,
            &json!({
                "issuer": base,
                "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"),
                "token_endpoint_auth_methods_supported": methods.split(' ').collect::<Vec<_>>(),
                "code_challenge_methods_supported": ["S256"],
            }),
        ),
        "/token" => {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::json(
                200,
                &json!({"access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": 3600}),
            )
        }
        "/mcp" => {
            let newest = format!("Bearer token-{}", given.load(Ordering::SeqCst));
            if asked.header("authorization") == Some(newest.as_str()) {
                usual(asked, &[reader("look")])
            } else {
                let header =
                    format!("Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp\"");
                Reply::json(401, &json!({})).with("www-authenticate", &header)
            }
        }
        _ => Reply::json(404, &json!({})),
    }
}

fn exchanges(server: &DoubleMcp) -> Vec<Asked> {
    server
        .seen()
        .into_iter()
        .filter(|asked| asked.path == "/token")
        .collect()
}

#[tokio::test]
async fn a_key_stands_in_its_header_as_it_was_said() {
    for (auth, name, value) in [
        (("Authorization", "Token "), "authorization", "Token hush-hush/+:"),
        (("DD-API-KEY", ""), "dd-api-key", "hush-hush/+:"),
    ] {
        let server = DoubleMcp::start(|asked| Some(usual(asked, &[reader("look")])));
        let desk = Desk::new();
        let mut connection = connection(&server.url());
        connection.auth = Auth::ApiKey {
            header: auth.0.to_owned(),
            prefix: auth.1.to_owned(),
            key: desk.secret(SECRET),
        };
        let client = desk.client(&connection, &Association::default());
        client.call("look", &json!({})).await.unwrap();
        let seen = server.seen();
        assert!(seen.len() > 3);
        assert!(
            seen.iter().all(|asked| asked.header(name) == Some(value)),
            "{seen:?}"
        );
    }
}

/// Where a secret stands, it is replaced now and then: one that is turned away is fetched again, once.
#[tokio::test]
async fn a_key_that_was_replaced_is_fetched_again() {
    let taken = Arc::new(std::sync::Mutex::new("Bearer key-1"));
    let known = Arc::clone(&taken);
    let server = DoubleMcp::start(move |asked| {
        Some(if asked.header("authorization") == Some(*known.lock().unwrap()) {
            usual(asked, &[reader("look")])
        } else {
            Reply::json(401, &json!({}))
        })
    });
    let desk = Desk::new();
    let mut connection = connection(&server.url());
    connection.auth = Auth::Bearer {
        token: desk.secret("key-1"),
    };
    let client = desk.client(&connection, &Association::default());
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
    *taken.lock().unwrap() = "Bearer key-2";
    desk.secret("key-2");
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
    // One that stays wrong is not sent over and over.
    *taken.lock().unwrap() = "Bearer key-3";
    let before = server.seen().len();
    let error = client.call("look", &json!({})).await.unwrap_err().to_string();
    assert!(!error.contains("key-2"), "{error}");
    assert!(server.seen().len() <= before + 2, "{:?}", server.seen());
}

#[tokio::test]
async fn client_credentials_are_seen_field_by_field() {
    let (server, _) = guarded("client_secret_post");
    let desk = Desk::new();
    let mut connection = connection(&server.url());
    connection.auth = desk.credentials(SECRET, None);
    let client = desk.client(&connection, &Association::default());
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
    let [exchange] = exchanges(&server).try_into().unwrap();
    for (field, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", SECRET),
        ("scope", "read offline_access"),
        ("audience", "https://api.example.org"),
        ("resource", server.url().as_str()),
    ] {
        assert_eq!(exchange.field(field).as_deref(), Some(value), "{field}");
    }
    assert_eq!(exchange.header("authorization"), None);
    // The secret went nowhere else.
    let others = server.seen().into_iter().filter(|asked| asked.path != "/token");
    assert!(
        others
            .into_iter()
            .all(|asked| !format!("{asked:?}").contains("hush"))
    );
}

#[tokio::test]
async fn where_basic_is_taken_the_secret_stands_in_the_header() {
    let (server, _) = guarded("client_secret_basic");
    let desk = Desk::new();
    let mut connection = connection(&server.url());
    // The exchange may stand in the configuration, too.
    connection.auth = desk.credentials(SECRET, Some(&format!("{}/token", server.address())));
    let client = desk.client(&connection, &Association::default());
    client.call("look", &json!({})).await.unwrap();
    let [exchange] = exchanges(&server).try_into().unwrap();
    assert_eq!(exchange.field("client_secret"), None);
    let expected = STANDARD.encode("robot:hush-hush%2F%2B%3A");
    assert_eq!(
        exchange.header("authorization"),
        Some(format!("Basic {expected}").as_str())
    );
    // With a token_url nothing has to be discovered.
    assert!(
        server
            .seen()
            .iter()
            .all(|asked| !asked.path.contains("well-known"))
    );
}

#[tokio::test]
async fn a_token_that_the_server_forgot_is_fetched_anew() {
    let (server, given) = guarded("client_secret_post");
    let desk = Desk::new();
    let mut connection = connection(&server.url());
    connection.auth = desk.credentials(SECRET, None);
    let client = desk.client(&connection, &Association::default());
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
    given.fetch_add(1, Ordering::SeqCst);
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
    assert_eq!(exchanges(&server).len(), 2);
}

#[tokio::test]
async fn no_secret_is_in_an_error_or_in_what_is_printed_of_it() {
    let desk = Desk::new();
    let refusing = DoubleMcp::start(|asked| {
        let said = format!("you sent {}", asked.body);
        Some(match asked.path.as_str() {
            "/token" => Reply::json(
                401,
                &json!({"error": "invalid_client", "error_description": said}),
            ),
            _ => Reply::json(401, &json!({"error": said})).with("www-authenticate", "Bearer"),
        })
    });
    let mut connection = connection(&refusing.url());
    let token_url = format!("{}/token", refusing.address());
    let mut shown = String::new();
    for auth in [
        desk.credentials("hush", Some(&token_url)),
        Auth::Bearer {
            token: desk.secret("hush2"),
        },
        Auth::ApiKey {
            header: "X-Key".to_owned(),
            prefix: String::new(),
            key: desk.secret("hush\u{7f}bad"),
        },
        Auth::Bearer {
            token: SecretRef::Env("MIDWATCH_NO_SUCH_SECRET".to_owned()),
        },
    ] {
        connection.auth = auth;
        let client = desk.client(&connection, &Association::default());
        let error = client.tools().await.unwrap_err();
        shown.push_str(&format!("{error}\n{error:?}\n{connection:?}\n"));
        assert!(error.to_string().contains("hint:"), "{error}");
    }
    assert!(!shown.contains("hush"), "{shown}");
}

//! What may be said of a connection on the command line, and how it is written into the configuration.

use clap::Args;
use color_eyre::eyre::{Result, bail, eyre};
use toml_edit::{Array, InlineTable, Item, Table, Value, value};

use crate::config::SecretRef;

/// Options of `add` and `edit`.
#[derive(Debug, Clone, Default, Args)]
pub struct Given {
    /// Where it answers: https://..., or http:// on this host
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Bearer token; SECRET says where it stands: env:NAME, file:PATH, command:PROGRAM ARGUMENT..., aws-secret:ID or ssm:NAME
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["api_key", "oauth", "client_id", "no_auth"])]
    pub bearer: Option<String>,
    /// Key by which messages are signed (webhook)
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["bearer", "api_key", "oauth", "client_id", "no_auth"])]
    pub hmac: Option<String>,
    /// API key in a header
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["oauth", "client_id", "no_auth"])]
    pub api_key: Option<String>,
    /// Name of the API key's header [default: Authorization]
    #[arg(long, value_name = "NAME", requires = "api_key")]
    pub header: Option<String>,
    /// What stands before the API key
    #[arg(long, value_name = "TEXT", requires = "api_key", allow_hyphen_values = true)]
    pub prefix: Option<String>,
    /// OAuth with a person's consent (midwatch connection login); without --client-id, midwatch registers itself
    #[arg(long, conflicts_with = "no_auth")]
    pub oauth: bool,
    /// OAuth client id; without --oauth, client credentials
    #[arg(long, value_name = "ID", conflicts_with = "no_auth")]
    pub client_id: Option<String>,
    /// OAuth client secret
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    pub client_secret: Option<String>,
    /// Where client credentials are exchanged; else as the server's metadata say
    #[arg(long, value_name = "URL", requires = "client_id", conflicts_with = "oauth")]
    pub token_url: Option<String>,
    /// OAuth scope; may be given several times
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Further parameter of the exchange of client credentials, as KEY=VALUE; may be given several times
    #[arg(
        long,
        value_name = "KEY=VALUE",
        requires = "client_id",
        conflicts_with = "oauth"
    )]
    pub param: Vec<String>,
    /// It is not told who asks
    #[arg(long)]
    pub no_auth: bool,
    /// User, organisation or group (GitHub, GitLab)
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// The vendor's account, or the AWS account of a cluster
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// The vendor's region, or the AWS region of a cluster
    #[arg(long = "in-region", value_name = "REGION")]
    pub in_region: Option<String>,
    /// Name of the EKS cluster
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Where messages go, where that is another address (Dynatrace)
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// In whose name messages are written (PagerDuty: e-mail address of a user)
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Seconds that one call may take
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<i64>,
    /// Kilobytes that are kept of one answer
    #[arg(long, value_name = "KB")]
    pub largest_answer_kb: Option<i64>,
    /// A local MCP server: program and arguments; stands last, since everything after it belongs to it
    #[arg(long, value_name = "WORD", num_args = 1.., allow_hyphen_values = true, conflicts_with = "url")]
    pub command: Vec<String>,
}

impl Given {
    /// Writes what was given over what stands there.
    pub fn write(&self, table: &mut Table) -> Result<()> {
        let words = [
            ("url", &self.url),
            ("description", &self.description),
            ("owner", &self.owner),
            ("account", &self.account),
            ("region", &self.in_region),
            ("cluster", &self.cluster),
            ("api", &self.api),
            ("from", &self.from),
        ];
        for (name, word) in words {
            if let Some(word) = word {
                table[name] = value(word);
            }
        }
        for (name, number) in [
            ("timeout", self.timeout),
            ("largest_answer_kb", self.largest_answer_kb),
        ] {
            if let Some(number) = number {
                table[name] = value(number);
            }
        }
        if self.url.is_some() {
            table.remove("command");
        }
        if !self.command.is_empty() {
            table.remove("url");
            table["command"] = value(list(&self.words_of_command()));
        }
        match self.auth()? {
            Some(auth) => table["auth"] = Item::Value(Value::InlineTable(auth)),
            None if self.no_auth => drop(table.remove("auth")),
            None => {}
        }
        Ok(())
    }

    /// One word with spaces is a whole command as one writes it in a shell, without its quotes.
    fn words_of_command(&self) -> Vec<String> {
        match self.command.as_slice() {
            [whole] => whole.split_whitespace().map(str::to_owned).collect(),
            words => words.to_vec(),
        }
    }

    fn auth(&self) -> Result<Option<InlineTable>> {
        let mut inner = InlineTable::new();
        let method = if let Some(bearer) = &self.bearer {
            inner = place(bearer)?;
            "bearer"
        } else if let Some(key) = &self.hmac {
            inner = place(key)?;
            "hmac"
        } else if let Some(key) = &self.api_key {
            if let Some(header) = &self.header {
                inner.insert("header", header.as_str().into());
            }
            if let Some(prefix) = &self.prefix {
                inner.insert("prefix", prefix.as_str().into());
            }
            inner.insert("key", Value::InlineTable(place(key)?));
            "api_key"
        } else if self.oauth || self.client_id.is_some() {
            if let Some(id) = &self.client_id {
                inner.insert("id", id.as_str().into());
            }
            match &self.client_secret {
                Some(secret) => drop(inner.insert("secret", Value::InlineTable(place(secret)?))),
                None if self.oauth => {}
                None => bail!(
                    "client credentials need a secret\nhint: --client-secret env:NAME, or --oauth for a login with consent"
                ),
            }
            if let Some(url) = &self.token_url {
                inner.insert("token_url", url.as_str().into());
            }
            if !self.scope.is_empty() {
                inner.insert("scopes", Value::Array(list(&self.scope)));
            }
            if !self.param.is_empty() {
                let mut parameters = InlineTable::new();
                for pair in &self.param {
                    let (key, value) = pair.split_once('=').ok_or_else(|| {
                        eyre!("--param takes KEY=VALUE\nhint: --param audience=https://...")
                    })?;
                    parameters.insert(key, value.into());
                }
                inner.insert("parameters", Value::InlineTable(parameters));
            }
            if self.oauth { "oauth" } else { "client_credentials" }
        } else {
            if !self.scope.is_empty() {
                bail!("scopes belong to OAuth\nhint: --oauth, or --client-id with --client-secret");
            }
            return Ok(None);
        };
        let mut auth = InlineTable::new();
        auth.insert(method, Value::InlineTable(inner));
        Ok(Some(auth))
    }
}

/// The place that `env:NAME` and its like name.
pub fn secret_ref(said: &str) -> Result<SecretRef> {
    let table = toml_edit::DocumentMut::from(place(said)?.into_table());
    Ok(toml::from_str(&table.to_string())?)
}

/// `env:NAME` as `{ env = "NAME" }`. Anything else could be a secret itself, and is not repeated.
fn place(said: &str) -> Result<InlineTable> {
    let known = ["env", "file", "command", "aws-secret", "aws_secret", "ssm"];
    let found = said
        .split_once(':')
        .filter(|(sort, rest)| known.contains(sort) && !rest.trim().is_empty());
    let Some((sort, rest)) = found else {
        bail!(
            "a secret is never given here\nhint: say where it stands: env:NAME, file:PATH, command:PROGRAM ARGUMENT..., \
             aws-secret:ID or ssm:NAME"
        );
    };
    let mut table = InlineTable::new();
    match sort {
        "command" => {
            let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            table.insert("command", Value::Array(list(&words)));
        }
        // A relative path would mean another file from another folder.
        "file" => {
            let path = crate::cli::context::absolute(std::path::Path::new(rest));
            table.insert("file", path.display().to_string().into());
        }
        sort => drop(table.insert(sort.replace('-', "_"), rest.into())),
    }
    Ok(table)
}

fn list(words: &[String]) -> Array {
    words.iter().map(String::as_str).collect()
}

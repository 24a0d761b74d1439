//! `midwatch webhook`: addresses that outside systems send events to.

use std::io::{Read as _, Write};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Context, connection::secret_ref};
use crate::{
    config::{ConnectionKind, paths},
    intake::webhook::{
        Failures, Keeper, Scheme, Webhook, WebhookKind,
        register::{self, Made, Rows, Wanted},
    },
    redact::Secret,
    sources::secrets::Secrets,
};

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an address for a sender; its secret is shown once
    #[command(after_help = "Examples:
  midwatch webhook create orders --kind generic --format json
  midwatch webhook create tickets --kind servicenow --when 'urgency=1 and additionalContext.category=Software|Network'
  midwatch webhook create alarms --kind sns --topic arn:aws:sns:eu-west-1:111122223333:alarms
  midwatch webhook create pages --kind pagerduty     (then: webhook rotate pages --secret-from stdin)
  midwatch webhook create team --kind slack --scheme slack --secret-from stdin   (the app's signing secret; Events API)
  midwatch webhook create builds --kind github --failures investigate --when workflow_run.head_branch=main

Proofs, by kind: generic hmac (or bearer), dynatrace hmac, servicenow hmac-body (or bearer), slack bearer (or slack: the Events
API signs), pagerduty, github, gitlab and sns their own, all others bearer.
--when tests the fields of the body; of a message of SNS those of the message itself where it is JSON, else of its envelope.
--failures says what a failed pipeline or deployment does: investigate begins an investigation, note keeps it as news. Unless
told, github, gitlab and CodePipeline are news, and failed deployments of CodeDeploy and ECS are investigated.")]
    Create {
        /// What it is called here
        name: String,
        /// What sends to it: generic, dynatrace, splunk, datadog, newrelic, servicenow, slack, pagerduty, github, gitlab,
        /// grafana, alertmanager, sns or eventbridge
        #[arg(long)]
        kind: WebhookKind,
        /// How its requests are proved, where the kind leaves a choice: hmac, hmac-body, bearer or slack
        #[arg(long)]
        scheme: Option<Scheme>,
        /// Take only events whose JSON says so; several --when are alternatives
        #[arg(long, value_name = "CONDITION")]
        when: Vec<String>,
        /// What a failed pipeline or deployment does: investigate or note (github, gitlab, eventbridge, sns)
        #[arg(long, value_name = "WISH")]
        failures: Option<Failures>,
        /// The one topic whose messages are taken (sns)
        #[arg(long, value_name = "ARN")]
        topic: Option<String>,
        /// A secret that the sender has made: stdin, env:NAME, file:PATH, command:PROGRAM ARGUMENT..., aws-secret:ID or ssm:NAME
        #[arg(long, value_name = "SECRET")]
        secret_from: Option<String>,
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// List the webhooks of the space
    #[command(after_help = "Example: midwatch webhook list --format json")]
    List {
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Make a new secret; the old one is refused at once
    #[command(after_help = "Examples:
  midwatch webhook rotate orders
  midwatch webhook rotate orders --keep-old 24h
  midwatch webhook rotate pages --secret-from stdin")]
    Rotate {
        /// Id or name
        webhook: String,
        /// How long the old secret is taken beside the new one: 30m, 24h
        #[arg(long, value_name = "DURATION")]
        keep_old: Option<SignedDuration>,
        /// A secret that the sender has made, as for create
        #[arg(long, value_name = "SECRET")]
        secret_from: Option<String>,
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Close an address: from then on it answers 404
    #[command(after_help = "Example: midwatch webhook remove orders")]
    Remove {
        /// Id or name
        webhook: String,
    },
}

/// Runs the command.
pub async fn run(context: &Context, command: Command, out: &mut dyn Write) -> Result<u8> {
    match command {
        Command::Create {
            name,
            kind,
            scheme,
            when,
            failures,
            topic,
            secret_from,
            format,
        } => {
            let wanted = Wanted {
                name,
                kind,
                scheme,
                conditions: when,
                failures,
                topic,
                secret: given(context, secret_from.as_deref()).await?,
            };
            let made = create(context, wanted).await?;
            show(context, &made, format == "json", out)?;
        }
        Command::List { format } => list(context, format == "json", out).await?,
        Command::Rotate {
            webhook,
            keep_old,
            secret_from,
            format,
        } => {
            if keep_old.is_some_and(|keep| !keep.is_positive()) {
                bail!("--keep-old is a time to come\nhint: --keep-old 24h");
            }
            let secret = given(context, secret_from.as_deref()).await?;
            let journal = context.journal().await?;
            let made = register::rotate(
                &journal,
                &keeper(context)?,
                context.operator(),
                &webhook,
                secret,
                keep_old,
                Timestamp::now(),
            )
            .await?;
            show(context, &made, format == "json", out)?;
        }
        Command::Remove { webhook } => {
            let journal = context.journal().await?;
            let gone = register::remove(&journal, context.operator(), &webhook).await?;
            writeln!(out, "removed: {} ({})", gone.name, gone.id)?;
        }
    }
    Ok(0)
}

/// Makes a webhook in the open space.
pub async fn create(context: &Context, wanted: Wanted) -> Result<Made> {
    let journal = context.journal().await?;
    let made = register::create(
        &journal,
        &keeper(context)?,
        context.operator(),
        wanted,
        Timestamp::now(),
    )
    .await?;
    Ok(made)
}

/// The webhook that a connection's vendor sends to; none for a kind that sends nothing.
pub const fn of_connection(kind: ConnectionKind) -> Option<WebhookKind> {
    match kind {
        ConnectionKind::Datadog => Some(WebhookKind::Datadog),
        ConnectionKind::NewRelic => Some(WebhookKind::NewRelic),
        ConnectionKind::Splunk => Some(WebhookKind::Splunk),
        ConnectionKind::Dynatrace => Some(WebhookKind::Dynatrace),
        ConnectionKind::Grafana => Some(WebhookKind::Grafana),
        ConnectionKind::Github => Some(WebhookKind::GitHub),
        ConnectionKind::Gitlab => Some(WebhookKind::GitLab),
        ConnectionKind::Slack => Some(WebhookKind::Slack),
        ConnectionKind::ServiceNow => Some(WebhookKind::ServiceNow),
        ConnectionKind::PagerDuty => Some(WebhookKind::PagerDuty),
        _ => None,
    }
}

/// Makes the webhook that a connection's vendor sends to, and shows it.
pub async fn for_connection(
    context: &Context,
    name: &str,
    kind: ConnectionKind,
    out: &mut dyn Write,
) -> Result<()> {
    let Some(webhook) = of_connection(kind) else {
        bail!(
            "{} sends no events by itself\nhint: midwatch webhook create NAME --kind generic takes those of anything",
            kind.as_str()
        );
    };
    let wanted = Wanted {
        name: name.to_owned(),
        kind: webhook,
        scheme: None,
        conditions: Vec::new(),
        failures: None,
        topic: None,
        secret: None,
    };
    let made = create(context, wanted).await?;
    show(context, &made, false, out)
}

/// Where the key stands that secrets are sealed with.
pub fn keeper(context: &Context) -> Result<Keeper> {
    let config = &context.config;
    Ok(
        Keeper::new(config.intake.key.clone(), &paths::data()?, Secrets::of(config))
            .beside_shared(config.store.postgres.is_some()),
    )
}

/// The secret that was given with `--secret-from`.
async fn given(context: &Context, place: Option<&str>) -> Result<Option<Secret>> {
    let Some(place) = place else { return Ok(None) };
    if place != "stdin" {
        let secret = Secrets::of(&context.config).get(&secret_ref(place)?).await?;
        return Ok(Some(secret));
    }
    let mut text = String::new();
    std::io::stdin().take(64 * 1024).read_to_string(&mut text)?;
    match text.lines().next().unwrap_or_default().trim() {
        "" => bail!("standard input holds no secret\nhint: its first line is the secret"),
        line => Ok(Some(Secret::new(line.to_owned()))),
    }
}

/// The address that the sender is given.
pub fn url(context: &Context, webhook: &Webhook) -> String {
    format!("{}{}", context.config.intake.url(), webhook.path())
}

fn show(context: &Context, made: &Made, json: bool, out: &mut dyn Write) -> Result<()> {
    let Made { webhook, secret } = made;
    let url = url(context, webhook);
    let secret = secret.as_ref().map(Secret::expose);
    if json {
        let line = json!({
            "id": webhook.id,
            "url": url,
            "auth": webhook.scheme.as_str(),
            "secret": secret,
            "name": webhook.name,
            "kind": webhook.kind.as_str(),
            "space": context.config.space,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(
        out,
        "webhook {} of space {}\nid      {}\nurl     {url}\nauth    {}: {}",
        webhook.name,
        context.config.space,
        webhook.id,
        webhook.scheme.as_str(),
        told(webhook.scheme)
    )?;
    if let Some(secret) = secret {
        writeln!(
            out,
            "secret  {secret}\nnote: this is the only time that the secret is shown; a new one: midwatch webhook rotate {}",
            webhook.name
        )?;
        if webhook.scheme == Scheme::BodyOnly {
            writeln!(
                out,
                "note: a body that came before is refused, so let the business rule send what tells updates apart, in additionalContext: \
                 sys_mod_count: current.sys_mod_count.toString()"
            )?;
        }
    } else if webhook.waits_for_secret() {
        writeln!(
            out,
            "next: give the sender this url, then tell midwatch the secret that it shows: midwatch webhook rotate {} --secret-from stdin",
            webhook.name
        )?;
    } else if let Some(topic) = &webhook.topic {
        writeln!(
            out,
            "next, while midwatch serve runs: aws sns subscribe --topic-arn {topic} --protocol https --notification-endpoint {url}"
        )?;
    }
    Ok(())
}

/// What the sender does, in a few words.
const fn told(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Timestamped => {
            "base64 of HMAC-SHA256 over TIMESTAMP:BODY in x-amzn-event-signature, with x-amzn-event-timestamp"
        }
        Scheme::BodyOnly => "base64 of HMAC-SHA256 over the body in x-amzn-event-signature",
        Scheme::Bearer => "Authorization: Bearer SECRET",
        Scheme::PagerDuty => "PagerDuty signs with the secret of its subscription",
        Scheme::GitHub => "GitHub signs with the secret; content type application/json",
        Scheme::GitLab => "GitLab sends it as its secret token",
        Scheme::Sns => "SNS signs; messages of the one topic are taken",
        Scheme::Slack => "Slack signs with the signing secret of the app",
    }
}

async fn list(context: &Context, json: bool, out: &mut dyn Write) -> Result<()> {
    let journal = context.journal().await?;
    let Rows {
        webhooks: all,
        unread,
    } = register::rows(&journal).await?;
    if all.is_empty() && unread.is_empty() && !json {
        writeln!(
            out,
            "space {} has no webhooks\nhint: midwatch webhook create NAME --kind generic",
            context.config.space
        )?;
    }
    for (_, webhook) in &all {
        if json {
            writeln!(out, "{}", row(context, webhook))?;
            continue;
        }
        let created = webhook.created.strftime("%Y-%m-%d %H:%M");
        writeln!(
            out,
            "{:<20} {:<12} {:<10} {created}  {}",
            webhook.name,
            webhook.kind.as_str(),
            webhook.scheme.as_str(),
            url(context, webhook)
        )?;
        if let Some(failures) = webhook.failures {
            writeln!(out, "{:<20} failures: {}", "", failures.as_str())?;
        }
        for condition in &webhook.conditions {
            writeln!(out, "{:<20} when {}", "", crate::model::inert(condition))?;
        }
        if let Some(topic) = &webhook.topic {
            writeln!(out, "{:<20} topic {topic}", "")?;
        }
        if webhook.waits_for_secret() {
            writeln!(
                out,
                "{:<20} waits for its secret: midwatch webhook rotate {} --secret-from stdin",
                "", webhook.name
            )?;
        }
    }
    for (row, why) in &unread {
        if json {
            writeln!(
                out,
                "{}",
                json!({"row": row, "unread": why, "space": context.config.space})
            )?;
        } else {
            writeln!(
                out,
                "{row}: closed, since this version does not understand it: {why}"
            )?;
        }
    }
    Ok(())
}

fn row(context: &Context, webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id,
        "name": webhook.name,
        "kind": webhook.kind.as_str(),
        "auth": webhook.scheme.as_str(),
        "url": url(context, webhook),
        "when": webhook.conditions,
        "failures": webhook.failures,
        "topic": webhook.topic,
        "created": webhook.created,
        "waits_for_secret": webhook.waits_for_secret(),
        "space": context.config.space,
    })
}

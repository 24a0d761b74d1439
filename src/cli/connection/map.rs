//! `midwatch connection map`: which AWS resource a project puts in place.

use std::io::Write;

use clap::Args as ClapArgs;
use color_eyre::eyre::{Result, bail};
use toml_edit::{Array, InlineTable, Item, Table, Value, value};

use super::{Context, associated, known, open};
use crate::{config::ConnectionKind, model::inert};

/// A project and its resource.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Name of the connection
    name: String,
    /// Repository or project
    project: String,
    /// ARN of a CloudFormation or CDK stack, an ECR repository, or the S3 object of a Terraform state
    resource: String,
    /// Take it away instead
    #[arg(long)]
    remove: bool,
}

pub(super) fn run(context: &Context, args: &Args, out: &mut dyn Write) -> Result<()> {
    let connection = known(&context.config, &args.name)?;
    if !matches!(connection.kind, ConnectionKind::Github | ConnectionKind::Gitlab) {
        bail!(
            "connection {} has no projects\nhint: github and gitlab have; midwatch connection list",
            args.name
        );
    }
    if !args.resource.starts_with("arn:") {
        bail!(
            "'{}' is no ARN\nhint: arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID, arn:aws:ecr:..., arn:aws:s3:::BUCKET/KEY",
            inert(&args.resource)
        );
    }
    let mut edit = open()?;
    let table = associated(context, &mut edit, &args.name)?;
    let pair = (args.project.as_str(), args.resource.as_str());
    let there = change(table, pair, args.remove);
    match (args.remove, there) {
        (true, false) => bail!("this is not mapped\nhint: the configuration lists it under deploys"),
        (false, true) => writeln!(out, "this is mapped already")?,
        _ => {
            edit.save()?;
            let verb = if args.remove { "no longer puts" } else { "puts" };
            writeln!(
                out,
                "{} {verb} {} in place",
                inert(&args.project),
                inert(&args.resource)
            )?;
        }
    }
    Ok(())
}

/// Adds the pair or takes it away; true when it was there. Written as inline tables or as `[[...deploys]]`, it stays so.
fn change(table: &mut Table, (project, resource): (&str, &str), remove: bool) -> bool {
    let is_it = |of: Option<&str>, to: Option<&str>| of == Some(project) && to == Some(resource);
    if let Some(tables) = table.get_mut("deploys").and_then(Item::as_array_of_tables_mut) {
        let word = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
        let at = tables
            .iter()
            .position(|one| is_it(word(one, "project").as_deref(), word(one, "resource").as_deref()));
        match (at, remove) {
            (Some(at), true) => drop(tables.remove(at)),
            (None, false) => {
                let mut new = Table::new();
                new["project"] = value(project);
                new["resource"] = value(resource);
                tables.push(new);
            }
            _ => {}
        }
        return at.is_some();
    }
    let mut array = table
        .get("deploys")
        .and_then(Item::as_array)
        .cloned()
        .unwrap_or_else(Array::new);
    let word = |one: &Value, key: &str| {
        let table = one.as_inline_table()?;
        table.get(key)?.as_str().map(str::to_owned)
    };
    let at = array
        .iter()
        .position(|one| is_it(word(one, "project").as_deref(), word(one, "resource").as_deref()));
    match (at, remove) {
        (Some(at), true) => drop(array.remove(at)),
        (None, false) => {
            let mut new = InlineTable::new();
            new.insert("project", project.into());
            new.insert("resource", resource.into());
            array.push(new);
        }
        _ => {}
    }
    table["deploys"] = value(array);
    at.is_some()
}

//! `midwatch connection test` for EKS clusters.

use std::io::Write;

use color_eyre::eyre::{Result, eyre};

use super::{Context, association, known};
use crate::{
    model::inert,
    sources::{aws::accounts::Accounts, eks::Eks},
};

/// One line that says where the cluster answers, which version it is and what may be read of it, then what may not.
pub(super) async fn test(context: &Context, name: &str, out: &mut dyn Write) -> Result<()> {
    let config = &context.config;
    let connection = known(config, name)?;
    let used = association(context, name);
    let allowed = used.clone().unwrap_or_default();
    let accounts = Accounts::new(&config.space, config.net());
    let space = config.open_space();
    let opened = Eks::of_space(name, connection, &allowed, &space, &accounts, &config.net()).await;
    let cluster = opened.map_err(|why| eyre!("{why}"))?;
    let called = inert(connection.cluster.as_deref().unwrap_or_default());
    let report = cluster.check().await.map_err(|gap| {
        let hint = gap.hint.as_ref().map(ToString::to_string).unwrap_or_default();
        eyre!("cluster {called}: {}\nhint: {hint}", gap.why)
    })?;
    let endpoint = if report.public { "public" } else { "private" };
    let mut line = format!(
        "{name}: ok, cluster {called}, Kubernetes {} at its {endpoint} endpoint, reads {} in {}",
        report.version,
        report.allowed.join(", "),
        places(&report.namespaces)
    );
    if used.is_none() {
        line.push_str(&format!(
            "; space {} does not use it (midwatch connection associate {name})",
            config.space
        ));
    }
    writeln!(out, "{line}")?;
    for (sort, namespaces, gap) in &report.refused {
        let place = match namespaces.as_slice() {
            [] => String::new(),
            some => format!(" in {}", places(some)),
        };
        writeln!(out, "warning: {sort}{place}: {}", gap.why)?;
        if let Some(hint) = &gap.hint {
            writeln!(out, "hint: {hint}")?;
        }
    }
    Ok(())
}

fn places(namespaces: &[String]) -> String {
    match namespaces {
        [] => "all namespaces".to_owned(),
        [one] => format!("namespace {}", inert(one)),
        some => format!("namespaces {}", inert(&some.join(", "))),
    }
}

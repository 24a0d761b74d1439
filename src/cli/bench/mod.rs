//! `midwatch bench`: incidents whose truth is known, investigated and scored.
//!
//! [`cases`] finds them, [`score`] compares an outcome with the truth, [`table`] adds up.

mod cases;
mod score;
mod table;

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use color_eyre::eyre::{Result, WrapErr};
use futures_util::{StreamExt, stream};
pub use score::{Score, score};
use serde::Serialize;
use serde_json::json;
pub use table::{Share, Total};

use super::{Context, context::absolute, progress::Progress};
use crate::{
    engine::{opening::Opening, reasoner::Reasoner, solo},
    journal::Hash,
    model::SourceSpec,
    sources::bundle::{Bundle, BundleSource, Expected},
};

/// Options of `midwatch bench`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A case is a bundle with expected.toml, which the investigation itself never reads.\n\nExamples:\n  midwatch bench ./my-incidents\n  midwatch bench scenarios ../petshop --json"
)]
pub struct Args {
    /// Bundles, or folders of bundles
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object with every case
    #[arg(long)]
    json: bool,
    /// A row for each last word of the cases' names instead of each path ("...-noisy", "...-plain")
    #[arg(long)]
    by_variant: bool,
}

/// One case, scored.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// Name of its folder or file.
    pub name: String,
    /// The path under which it was found.
    pub set: String,
    /// How well it went, or why it could not be run.
    pub score: Result<Score, String>,
    /// Resource, category and pattern of each cause that was named, with the confidence in it.
    pub named: Vec<String>,
    /// Seconds from opening the bundle to the verdict.
    pub seconds: f64,
    /// Questions asked.
    pub queries: u64,
    /// Digest of the investigation's stream.
    pub digest: Option<Hash>,
}

/// Runs and scores all cases.
pub async fn run(context: &Context, args: Args) -> Result<u8> {
    let reasoner = context.reasoner()?;
    let mut progress = Progress::new();
    let mut wanted: Vec<(String, PathBuf)> = Vec::new();
    for path in &args.paths {
        let set = path.display().to_string();
        wanted.extend(cases::find(path)?.into_iter().map(|case| (set.clone(), case)));
    }
    let all = wanted.len();
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut running = stream::iter(wanted)
        .map(|(set, path)| {
            let reasoner = Arc::clone(&reasoner);
            // A task each: investigations over bundles compute and hardly ever wait.
            tokio::spawn(async move { investigate(set, &path, reasoner).await })
        })
        .buffered(at_once);
    let mut done: Vec<Case> = Vec::with_capacity(all);
    while let Some(case) = running.next().await {
        done.push(case.wrap_err("a case could not be run")?);
        progress.line(&format!("{} of {all} cases", done.len()));
    }
    progress.clear();
    let mut out = stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&done))?)?;
    } else {
        let groups = grouped(&done, |case| {
            if args.by_variant {
                variant(&case.name)
            } else {
                case.set.clone()
            }
        });
        write!(out, "{}", table::table(&groups))?;
        let wrong = table::wrong(&done);
        if !wrong.is_empty() {
            write!(out, "\nnot right\n{wrong}")?;
        }
    }
    Ok(u8::from(done.iter().any(|case| case.score.is_err())))
}

/// Investigates the bundle at `path` and scores the outcome.
pub async fn investigate(set: String, path: &Path, reasoner: Arc<dyn Reasoner>) -> Case {
    let name = path
        .file_stem()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let begin = Instant::now();
    let mut case = Case {
        name,
        set,
        score: Err("nothing was run".to_owned()),
        named: Vec::new(),
        seconds: 0.0,
        queries: 0,
        digest: None,
    };
    match outcome(path, reasoner).await {
        Ok((expected, outcome)) => {
            let summary = outcome.view.summary.as_ref();
            let causes = summary.iter().flat_map(|summary| &summary.causes);
            case.named = causes
                .map(|cause| {
                    format!(
                        "{} {} {} {:.2}",
                        cause.resource,
                        cause.category.as_str(),
                        cause.pattern,
                        cause.confidence
                    )
                })
                .collect();
            case.score = Ok(score(summary, &expected));
            case.queries = outcome.view.queries.len() as u64;
            case.digest = Some(outcome.digest);
        }
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            case.score = Err(causes.join(": "));
        }
    }
    case.seconds = begin.elapsed().as_secs_f64();
    case
}

async fn outcome(path: &Path, reasoner: Arc<dyn Reasoner>) -> Result<(Expected, solo::Outcome)> {
    let bundle = Bundle::open(path)?;
    let spec = SourceSpec::Bundle {
        path: absolute(path).display().to_string(),
    };
    let opening = Opening::of(bundle.incident(), spec);
    let outcome = solo::run(opening, Arc::new(BundleSource::new(bundle)), reasoner).await?;
    // The truth is opened when everything is settled.
    let expected = Expected::open(path)?;
    let expected =
        expected.ok_or_else(|| color_eyre::eyre::eyre!("{} lacks expected.toml", path.display()))?;
    Ok((expected, outcome))
}

fn grouped(cases: &[Case], key: impl Fn(&Case) -> String) -> Vec<(String, Vec<&Case>)> {
    let mut groups: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        groups.entry(key(case)).or_default().push(case);
    }
    groups.into_iter().collect()
}

fn variant(name: &str) -> String {
    name.rsplit('-').next().unwrap_or(name).to_owned()
}

fn as_json(cases: &[Case]) -> serde_json::Value {
    let groups = grouped(cases, |case| case.set.clone());
    let sets: Vec<_> = groups
        .iter()
        .map(|(path, cases)| json!({"path": path, "total": Total::of(cases.iter().copied())}))
        .collect();
    json!({"sets": sets, "total": Total::of(cases), "cases": cases})
}

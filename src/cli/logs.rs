//! `midwatch logs`: any log file, read once; what in it is worth reading comes first.

mod input;
mod print;

use std::{
    io::{BufWriter, IsTerminal, Write, stdout},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use color_eyre::eyre::Result;
use input::{Input, Lines};

use super::progress::Progress;
use crate::{analysis::logs::Survey, model::inert};

/// What to mine.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads plain text and JSON lines, packed with gzip or zstd or not, in one pass and in bounded memory \
                  (--assign alone keeps four bytes a line). Several files are one log.\n\n\
                  Example: midwatch logs /var/log/syslog /var/log/syslog.1.gz\n\
                  Example: kubectl logs deploy/cart | midwatch logs -"
)]
pub struct Args {
    /// Log files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print `template-id<TAB>line-number` for every line instead
    #[arg(long, conflicts_with = "json")]
    assign: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Templates listed below the findings
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
}

/// Lines between two looks at the clock.
const LOOK: u64 = 8192;
/// Time before progress is shown, and between two showings.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the command. Returns the exit code: 1 when a file could not be read; the others are mined all the same.
pub fn run(args: &Args) -> Result<u8> {
    let mut survey = Survey::new(args.assign);
    let mut watch = Watch::new(&args.files);
    let mut unread = 0;
    for path in &args.files {
        survey.next_input();
        if let Err(error) = mine(path, &mut survey, &mut watch) {
            watch.progress.clear();
            let name = inert(&path.display().to_string());
            let text = format!("error: {name}: {error}\nhint: {}", hint(&error));
            watch.progress.say(&text);
            unread += 1;
        }
    }
    watch.progress.clear();
    if unread == args.files.len() && survey.lines() == 0 {
        return Ok(1);
    }
    let mut out = BufWriter::with_capacity(1 << 16, stdout().lock());
    let surveyed = survey.finish();
    if args.assign {
        print::assigned(&mut out, &surveyed)?;
    } else if args.json {
        serde_json::to_writer(&mut out, &surveyed).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        print::text(&mut out, &surveyed, args.top, width())?;
    }
    out.flush()?;
    Ok(u8::from(unread > 0))
}

fn mine(path: &Path, survey: &mut Survey, watch: &mut Watch) -> std::io::Result<()> {
    let input = Input::open(path)?;
    let read = input.read.clone();
    let mut lines = Lines::of(input);
    while let Some((line, bytes)) = lines.next()? {
        survey.line(line, bytes);
        if survey.lines().is_multiple_of(LOOK) {
            watch.look(read.get(), survey.lines());
        }
    }
    watch.before += read.get();
    Ok(())
}

/// What helps against an error.
fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is the path right? - reads standard input",
        std::io::ErrorKind::PermissionDenied => "read it as a user who may: sudo cat FILE | midwatch logs -",
        std::io::ErrorKind::IsADirectory => "name the files in it",
        _ => "what could be read of it counts; is it cut off or still being written?",
    }
}

/// Columns to write for: those of the shell's COLUMNS; as good as none where nobody looks.
fn width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .or_else(|| {
            stdout()
                .is_terminal()
                .then(crate::console::terminal::columns)
                .flatten()
        });
    columns.unwrap_or(120).clamp(40, 400)
}

/// Shows how far the reading is.
struct Watch {
    progress: Progress,
    begin: Instant,
    shown: Instant,
    /// Bytes of the files before this one, and of all where they are known.
    before: u64,
    all: Option<u64>,
}

impl Watch {
    fn new(files: &[PathBuf]) -> Self {
        let now = Instant::now();
        let size = |path: &PathBuf| {
            let meta = std::fs::metadata(path).ok()?;
            (meta.is_file()).then_some(meta.len())
        };
        Self {
            progress: Progress::new(),
            begin: now,
            shown: now,
            before: 0,
            all: files.iter().map(size).sum(),
        }
    }

    fn look(&mut self, read: u64, lines: u64) {
        if self.shown.elapsed() < PATIENCE {
            return;
        }
        self.shown = Instant::now();
        let seconds = self.begin.elapsed().as_secs_f64().max(0.001);
        let of = self
            .all
            .map(|all| format!(" of {}", print::bytes(all)))
            .unwrap_or_default();
        self.progress.line(&format!(
            "{}{of} read, {} lines, {} lines/s",
            print::bytes(self.before + read),
            print::grouped(lines),
            print::grouped((lines as f64 / seconds) as u64)
        ));
    }
}

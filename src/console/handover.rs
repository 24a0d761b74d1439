//! The terminal is lent: to the operator's pager or editor, with a text in a file of its own.
//!
//! The file can be read by its owner alone and is gone afterwards; nothing is read back from it. While the other program has
//! the terminal, nobody here reads from it, and its keys for interrupting are its own. The engine works on.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use color_eyre::eyre::WrapErr as _;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{effects::Tool, run::Signal, terminal::Terminal};
use crate::engine::handle::Engine;

/// What another program is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Which program.
    pub tool: Tool,
    /// Name of the file.
    pub name: String,
    /// The text.
    pub text: String,
}

/// How it went.
#[derive(Debug)]
pub struct Done {
    /// Why it went wrong, with a hint.
    pub result: Result<(), String>,
    /// True when somebody wants the console to end.
    pub quit: bool,
}

/// Lends the terminal until the other program has ended.
pub async fn perform(
    terminal: &mut Terminal,
    errand: &Errand,
    signals: &mut UnboundedReceiver<Signal>,
    engine: &dyn Engine,
) -> color_eyre::Result<Done> {
    let file = match Lent::new(&errand.name, &errand.text) {
        Ok(file) => file,
        Err(error) => {
            let result = Err(format!(
                "no file could be written for it: {error}\nhint: TMPDIR says where such files go"
            ));
            return Ok(Done { result, quit: false });
        }
    };
    terminal.lend().await;
    let program = program(errand.tool, |name| std::env::var(name).ok());
    let mut quit = false;
    let result = match start(&program, &file.path) {
        Ok(mut child) => {
            let mut ends = tokio::task::spawn_blocking(move || child.wait());
            let status = loop {
                tokio::select! {
                    status = &mut ends => break status,
                    Some(signal) = signals.recv() => match signal {
                        // It stopped itself; so do we, or the shell would wait for us.
                        Signal::Suspend => {
                            engine.rest().await;
                            let _stopped = Terminal::stop();
                            engine.wake().await;
                        }
                        Signal::Interrupt => {}
                        Signal::Quit => quit = true,
                    },
                }
            };
            match status.unwrap_or_else(|error| Err(error.into())) {
                Ok(status) => judged(&program, errand.tool, status),
                Err(error) => Err(format!("{program} was lost: {error}")),
            }
        }
        Err(error) => Err(format!("{program} cannot be started: {error}")),
    };
    terminal.take().wrap_err("the terminal cannot be taken again")?;
    Ok(Done { result, quit })
}

/// The operator's program for it, with its arguments: `$PAGER`; `$VISUAL` or `$EDITOR`.
fn program(tool: Tool, get: impl Fn(&str) -> Option<String>) -> String {
    let (names, shipped): (&[&str], _) = match tool {
        Tool::Pager => (&["PAGER"], "less"),
        Tool::Editor => (&["VISUAL", "EDITOR"], "vi"),
    };
    names
        .iter()
        .filter_map(|name| get(name))
        .find(|value| !value.trim().is_empty())
        .unwrap_or_else(|| shipped.to_owned())
}

/// Starts it through the shell, since the variable may hold arguments; the file is an argument of its own.
fn start(program: &str, file: &Path) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{program} \"$1\""))
        .arg("midwatch")
        .arg(file);
    if !io::stdin().is_terminal()
        && let Ok(terminal) = File::open("/dev/tty")
    {
        command.stdin(Stdio::from(terminal));
    }
    // A pager that leaves when everything fits on one screen would leave before anything was read.
    if let Ok(less) = std::env::var("LESS")
        && !less.is_empty()
    {
        command.env("LESS", format!("{less} -+F"));
    }
    command.spawn()
}

fn judged(program: &str, tool: Tool, status: ExitStatus) -> Result<(), String> {
    let variable = match tool {
        Tool::Pager => "PAGER",
        Tool::Editor => "EDITOR",
    };
    match status.code() {
        Some(0) => Ok(()),
        Some(126 | 127) => Err(format!(
            "'{program}' cannot be run here\nhint: set {variable} to a program that can"
        )),
        Some(code) => Err(format!(
            "'{program}' ended with exit code {code}\nhint: {variable} says what is run"
        )),
        None => Err(format!("'{program}' was ended by a signal")),
    }
}

/// A file in a folder of its own, both for the owner alone; gone when dropped.
#[derive(Debug)]
struct Lent {
    folder: PathBuf,
    path: PathBuf,
}

impl Lent {
    fn new(name: &str, text: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("midwatch-{}", ulid::Ulid::generate()));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        let lent = Self {
            path: folder.join(name),
            folder,
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&lent.path)?.write_all(text.as_bytes())?;
        Ok(lent)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_owners_alone_and_does_not_stay() {
        let lent = Lent::new("evidence-3.txt", "text").unwrap();
        let path = lent.path.clone();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(
                fs::metadata(&lent.folder).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        drop(lent);
        assert!(!path.exists());
    }

    #[test]
    fn the_operators_program_is_taken() {
        let only = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| value.to_owned())
        };
        assert_eq!(program(Tool::Pager, only("PAGER", "less -S")), "less -S");
        assert_eq!(program(Tool::Pager, only("PAGER", " ")), "less");
        assert_eq!(program(Tool::Editor, only("EDITOR", "nano")), "nano");
        assert_eq!(program(Tool::Editor, |_| None), "vi");
    }

    #[test]
    fn what_went_wrong_is_told_with_a_hint() {
        let run = |program: &str| {
            let status = start(program, Path::new("/dev/null")).unwrap().wait().unwrap();
            judged(program, Tool::Pager, status)
        };
        assert_eq!(run("true"), Ok(()));
        let gone = run("no-such-pager-here 2>/dev/null").unwrap_err();
        assert!(gone.contains("hint: set PAGER"), "{gone}");
        assert!(run("sh -c 'exit 3'").unwrap_err().contains("exit code 3"));
        // The name of the file is an argument, never a part of the command.
        let status = start("test -e", Path::new("/dev/null; exit 9"))
            .unwrap()
            .wait()
            .unwrap();
        assert_eq!(status.code(), Some(1));
    }
}

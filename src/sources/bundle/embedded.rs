//! The scenarios that ship inside the binary.

use include_dir::{Dir, include_dir};

use super::{Files, error::BundleError, incident, layout, suggest};

static SCENARIOS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// Names of the embedded scenarios, in order.
pub fn scenario_names() -> Vec<&'static str> {
    let mut names: Vec<_> = SCENARIOS
        .dirs()
        .filter_map(|dir| dir.path().file_name()?.to_str())
        .collect();
    names.sort_unstable();
    names
}

/// Names and titles of the embedded scenarios, in order of the names.
pub fn scenarios() -> Result<Vec<(&'static str, String)>, BundleError> {
    scenario_names()
        .into_iter()
        .map(|name| {
            let mut files = Files::scenario(name)?;
            let path = files.path_of(layout::INCIDENT);
            let words = files.read_text(layout::INCIDENT)?.unwrap_or_default();
            Ok((name, incident::parse(&words, &path)?.incident.title))
        })
        .collect()
}

/// The folder of one scenario.
pub(super) fn folder(name: &str) -> Result<&'static Dir<'static>, BundleError> {
    SCENARIOS
        .dirs()
        .find(|dir| dir.path().as_os_str() == name)
        .ok_or_else(|| {
            let known = scenario_names();
            let all = format!("scenarios are: {}", known.join(", "));
            let hint = match suggest::nearest(name, known) {
                Some(near) => format!("did you mean '{near}'? {all}"),
                None => all,
            };
            BundleError::new(format!("scenario {name}"), "is not known").hint(hint)
        })
}

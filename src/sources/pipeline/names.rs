//! Names: the projects that may be asked about, and which words tell of a deployment.

use std::sync::LazyLock;

use regex::Regex;

/// A project that the space's association allows. There is no other way to get one than [`Allowed`], and no request about
/// a project without one: what is not allowed is never asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project(String);

impl Project {
    /// `owner/name`, or a longer path at GitLab.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Owner and name, where the path has just these.
    pub fn halves(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

/// The projects of an association.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    projects: Vec<Project>,
    /// Written so that they name no project.
    pub malformed: Vec<String>,
}

impl Allowed {
    /// Those of the list that `fits` takes for a project's name, in its order.
    pub fn new(names: &[String], fits: impl Fn(&str) -> bool) -> Self {
        let mut allowed = Self::default();
        for name in names {
            let name = name.trim_matches('/');
            if !fits(name) {
                allowed.malformed.push(name.to_owned());
            } else if allowed.get(name).is_none() {
                allowed.projects.push(Project(name.to_owned()));
            }
        }
        allowed
    }

    /// The projects in the order of the association.
    pub fn projects(&self) -> &[Project] {
        &self.projects
    }

    /// The project of that name, if it is allowed; vendors do not tell upper and lower case apart.
    pub fn get(&self, name: &str) -> Option<&Project> {
        let name = name.trim_matches('/');
        self.projects
            .iter()
            .find(|project| project.0.eq_ignore_ascii_case(name))
    }
}

/// True for a path of names from `least` to `most` segments, none of which leads elsewhere.
pub(in crate::sources) fn is_path(name: &str, least: usize, most: usize) -> bool {
    let fine = |segment: &str| {
        !segment.is_empty()
            && segment.len() <= 255
            && !matches!(segment, "." | "..")
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'))
    };
    let count = name.split('/').count();
    (least..=most).contains(&count) && name.split('/').all(fine)
}

/// True when the name of a workflow, pipeline, job or stage says that it puts something in place.
pub(in crate::sources) fn is_deployment(name: &str) -> bool {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let whole = "release|roll-?out|publish|promote|ship|terraform|tofu|pulumi|cdk|cloudformation|sam|serverless|helm|\
                     argo(cd)?|apply|migrat(e|ion)s?|production|prod|live|canary|blue-?green|rollback|cd";
        Regex::new(&format!("(?i)deploy|(^|[^a-z])({whole})([^a-z]|$)")).ok()
    });
    WORDS.as_ref().is_some_and(|words| words.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_becomes_a_project() {
        let names = [
            "acme/orders",
            "/acme/Shop/",
            "acme",
            "acme/../secret",
            "acme/a b",
            "acme/orders",
        ];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let allowed = Allowed::new(&names, |name| is_path(name, 2, 2));
        let known: Vec<&str> = allowed.projects().iter().map(Project::as_str).collect();
        assert_eq!(known, ["acme/orders", "acme/Shop"]);
        assert_eq!(allowed.malformed, ["acme", "acme/../secret", "acme/a b"]);
        assert_eq!(allowed.get("ACME/shop").map(Project::as_str), Some("acme/Shop"));
        assert_eq!(allowed.get("acme/other"), None);
    }

    #[test]
    fn a_name_tells_of_a_deployment() {
        for name in [
            "Deploy",
            "deploy-prod",
            "DeployProd",
            "CI/CD",
            "terraform apply",
            "release",
            "redeploy",
            "cdk",
            "rollout to eu",
            "apply_migrations",
            "Production",
        ] {
            assert!(is_deployment(name), "{name}");
        }
        for name in [
            "CI",
            "test",
            "lint",
            "Build",
            "unit tests",
            "sample",
            "shipping-tests",
            "scd",
        ] {
            assert!(!is_deployment(name), "{name}");
        }
    }
}

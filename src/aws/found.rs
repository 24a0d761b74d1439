//! Which credentials a call would use, as far as that can be told without asking anybody: names of variables and profiles,
//! never a value. The order is the SDK's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::factory::DEFAULT_REGION;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where credentials come from; none: from nowhere that is known.
    pub credentials: Option<String>,
    /// What to do first, or what else there is.
    pub advice: Option<String>,
    /// The region, and where it is said.
    pub region: String,
}

/// What is looked at.
pub struct Surroundings<'a> {
    /// An environment variable; one that is empty counts as none.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// A file's text; none where it cannot be read.
    pub file: &'a dyn Fn(&Path) -> Option<String>,
}

impl Found {
    /// The region alone.
    pub fn region_name(&self) -> &str {
        self.region.split(' ').next().unwrap_or_default()
    }
}

/// Looks at this process's surroundings.
pub fn here() -> Found {
    here_as(None)
}

/// As [`here`], with that profile in the place of the one that the environment names.
pub fn here_as(profile: Option<&str>) -> Found {
    found(&Surroundings {
        variable: &|name| match (name, profile) {
            ("AWS_PROFILE", Some(profile)) => Some(profile.to_owned()),
            _ => std::env::var(name).ok(),
        },
        file: &|path| std::fs::read_to_string(path).ok(),
    })
}

/// Looks at `around`.
pub fn found(around: &Surroundings<'_>) -> Found {
    let get = |name: &str| (around.variable)(name).filter(|value| !value.is_empty());
    let home = get("HOME").map(PathBuf::from);
    let at = |variable: &str, name: &str| {
        let given = get(variable).map(PathBuf::from);
        given.or_else(|| home.as_ref().map(|home| home.join(".aws").join(name)))
    };
    let read = |path: Option<PathBuf>| path.and_then(|path| (around.file)(&path)).unwrap_or_default();
    let config = sections(&read(at("AWS_CONFIG_FILE", "config")), "profile ");
    let secrets = sections(&read(at("AWS_SHARED_CREDENTIALS_FILE", "credentials")), "");
    let asked = get("AWS_PROFILE");
    let profile = asked.clone().unwrap_or_else(|| "default".to_owned());
    let says = |key: &str| {
        let of = |sections: &Sections| sections.get(&profile).and_then(|keys| keys.get(key).cloned());
        of(&config).or_else(|| of(&secrets))
    };
    let region = match (get("AWS_REGION"), get("AWS_DEFAULT_REGION"), says("region")) {
        (Some(region), ..) => format!("{region} (AWS_REGION)"),
        (None, Some(region), _) => format!("{region} (AWS_DEFAULT_REGION)"),
        (None, None, Some(region)) => format!("{region} (profile {profile})"),
        (None, None, None) => {
            format!("{DEFAULT_REGION} unless AWS_REGION or --region names another")
        }
    };
    let by = if asked.is_some() { " (AWS_PROFILE)" } else { "" };
    let mut advice = None;
    let credentials = if get("AWS_ACCESS_KEY_ID").is_some() && get("AWS_SECRET_ACCESS_KEY").is_some() {
        Some("environment variables (AWS_ACCESS_KEY_ID)".to_owned())
    } else if says("sso_session").or_else(|| says("sso_start_url")).is_some() {
        advice = Some(format!(
            "log in first, if that was long ago: aws sso login --profile {profile}"
        ));
        Some(format!("profile {profile}{by}, by SSO"))
    } else if let Some(role) = says("role_arn") {
        let role = role.rsplit('/').next().unwrap_or_default().to_owned();
        Some(format!("profile {profile}{by}, role {role}"))
    } else if says("credential_process").is_some() {
        Some(format!("profile {profile}{by}, from a program of yours"))
    } else if says("aws_access_key_id").is_some() {
        Some(format!("profile {profile}{by}, access key"))
    } else if get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() && get("AWS_ROLE_ARN").is_some() {
        Some("web identity (AWS_ROLE_ARN)".to_owned())
    } else if get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
        || get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
    {
        Some("the role of this container".to_owned())
    } else if on_instance(around) && get("AWS_EC2_METADATA_DISABLED").is_none_or(|off| off != "true") {
        Some("the role of this EC2 instance, if it has one".to_owned())
    } else {
        None
    };
    if credentials.is_none() {
        let known = || {
            let names: Vec<&str> = config.keys().chain(secrets.keys()).map(String::as_str).collect();
            let mut names: Vec<&str> = names.into_iter().filter(|name| *name != profile).collect();
            names.sort_unstable();
            names.dedup();
            names.truncate(5);
            names.join(", ")
        };
        advice = Some(match (asked, known()) {
            (Some(name), known) if known.is_empty() => {
                format!("AWS_PROFILE says {name}, but no such profile has credentials")
            }
            (Some(name), known) => format!("AWS_PROFILE says {name}, which has none; others are {known}"),
            (None, known) if known.is_empty() => {
                "aws configure, or AWS_ACCESS_KEY_ID and its secret, bring some".to_owned()
            }
            (None, known) => format!("AWS_PROFILE picks a profile: {known}"),
        });
    }
    Found {
        credentials,
        advice,
        region,
    }
}

/// True on an EC2 instance: the firmware says so.
fn on_instance(around: &Surroundings<'_>) -> bool {
    let vendor = (around.file)(Path::new("/sys/devices/virtual/dmi/id/sys_vendor"));
    vendor.is_some_and(|vendor| vendor.trim() == "Amazon EC2")
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// The profiles of an AWS configuration file. Only what tells where credentials come from is kept; a secret is dropped
/// while reading.
fn sections(text: &str, lead: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(title) = line
            .trim_end()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let title = title.trim();
            // Sections of other kinds (sso-session, services) are no profiles.
            let name = if title == "default" {
                Some(title)
            } else {
                title.strip_prefix(lead)
            };
            current = name.map(|name| name.trim().to_owned());
            if let Some(name) = &current {
                sections.entry(name.clone()).or_default();
            }
            continue;
        }
        let (Some(name), Some((key, value))) = (&current, line.split_once('=')) else {
            continue;
        };
        // What is indented belongs to the option above it.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let value = match key.trim() {
            "region" | "role_arn" => value.trim(),
            "sso_session" | "sso_start_url" | "credential_process" | "aws_access_key_id" => "",
            _ => continue,
        };
        let keys = sections.entry(name.clone()).or_default();
        keys.insert(key.trim().to_owned(), value.to_owned());
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Found {
        let among = |pairs: &[(&str, &str)], name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        found(&Surroundings {
            variable: &|name| {
                among(variables, name).or_else(|| (name == "HOME").then(|| "/home/dana".to_owned()))
            },
            file: &|path| among(files, path.to_str().unwrap()),
        })
    }

    const CONFIG: &str = "/home/dana/.aws/config";
    const SECRETS: &str = "/home/dana/.aws/credentials";

    #[test]
    fn every_source_is_told_by_name() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIASECRET"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_PROFILE", "prod"),
        ];
        let sso = "[profile prod]\nsso_session = corp\nregion = eu-west-1\n[sso-session corp]\nsso_start_url = https://x\n";
        let instance = ("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2\n");
        for (variables, files, expected) in [
            (&keys[..], &[][..], "environment variables (AWS_ACCESS_KEY_ID)"),
            (&keys[2..], &[(CONFIG, sso)], "profile prod (AWS_PROFILE), by SSO"),
            (
                &[],
                &[(
                    SECRETS,
                    "[default]\naws_access_key_id = AKIASECRET\naws_secret_access_key = hush\n",
                )],
                "profile default, access key",
            ),
            (
                &[],
                &[(
                    CONFIG,
                    "[default]\nrole_arn = arn:aws:iam::1:role/ops/reader\nsource_profile = x\n",
                )],
                "profile default, role reader",
            ),
            (
                &[],
                &[(CONFIG, "[default]\ncredential_process = /bin/hush\n")],
                "profile default, from a program of yours",
            ),
            (
                &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "r")],
                &[],
                "web identity (AWS_ROLE_ARN)",
            ),
            (
                &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")],
                &[],
                "the role of this container",
            ),
            (&[], &[instance], "the role of this EC2 instance, if it has one"),
        ] {
            let found = look(variables, files);
            assert_eq!(found.credentials.as_deref(), Some(expected));
            let all = format!("{found:?}");
            assert!(!all.contains("AKIASECRET") && !all.contains("hush"), "{all}");
        }
    }

    #[test]
    fn where_there_are_none_it_says_what_would_bring_some() {
        let nothing = look(&[], &[]);
        assert_eq!(nothing.credentials, None);
        assert!(nothing.advice.unwrap().contains("aws configure"));
        assert!(nothing.region.starts_with("us-east-1 unless"));
        let others = look(&[], &[(CONFIG, "[profile b]\nsso_session = s\n[profile a]\n")]);
        assert_eq!(others.advice.unwrap(), "AWS_PROFILE picks a profile: a, b");
        let misspelt = look(&[("AWS_PROFILE", "prd")], &[(CONFIG, "[profile prod]\n")]);
        assert_eq!(
            misspelt.advice.unwrap(),
            "AWS_PROFILE says prd, which has none; others are prod"
        );
        let off = look(
            &[("AWS_EC2_METADATA_DISABLED", "true")],
            &[("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2")],
        );
        assert_eq!(off.credentials, None);
    }

    #[test]
    fn the_region_is_told_with_its_source() {
        let file = [(CONFIG, "[default]\nregion = eu-west-1\n")];
        assert_eq!(look(&[], &file).region, "eu-west-1 (profile default)");
        assert_eq!(
            look(&[("AWS_DEFAULT_REGION", "a")], &file).region,
            "a (AWS_DEFAULT_REGION)"
        );
        assert_eq!(
            look(&[("AWS_DEFAULT_REGION", "a"), ("AWS_REGION", "b")], &file).region,
            "b (AWS_REGION)"
        );
    }
}

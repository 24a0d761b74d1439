//! Agent Spaces: which accounts and connections belong together.

use std::collections::BTreeMap;

/// What one Agent Space may see. Without accounts, the AWS credentials at hand are its only account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Space {
    /// Accounts, the primary one first.
    pub accounts: Vec<Account>,
    /// Regions that are read in every account which names none of its own; empty: the one at hand.
    pub regions: Vec<String>,
    /// What this space may use of each connection, by the connection's name.
    pub connections: BTreeMap<String, Association>,
}

/// An AWS account of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// The role to assume there. None: the credentials at hand (or `profile`) are of this account themselves.
    pub role: Option<String>,
    /// The external id that the role's trust asks for; not a secret.
    pub external_id: Option<String>,
    /// Profile of the AWS configuration files whose credentials are used, or assume the role.
    pub profile: Option<String>,
    /// Regions that are read; empty: the space's.
    pub regions: Vec<String>,
    /// ARNs or names of the stacks that are discovered; with `tags` empty too: everything.
    pub stacks: Vec<String>,
    /// Tags whose resources are discovered: key and values; no value: any.
    pub tags: BTreeMap<String, Vec<String>>,
}

/// What one space may use of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Association {
    /// Tools that may be called beside those that say they only read. Empty: only the latter.
    pub tools: Vec<String>,
    /// True: only the listed tools, though others say they only read.
    pub only_listed: bool,
    /// Repositories or projects (`acme/orders`); empty: none.
    pub projects: Vec<String>,
    /// Kubernetes namespaces; empty: all that the credentials may read.
    pub namespaces: Vec<String>,
    /// Ids that narrow queries at a telemetry vendor: applications, entities, environments, policies, by kind.
    pub scope: BTreeMap<String, Vec<String>>,
    /// Which AWS resources a project puts in place.
    pub deploys: Vec<Mapping>,
}

/// A project, and a resource that it puts in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Repository or project.
    pub project: String,
    /// ARN of a CloudFormation (or CDK) stack, an ECR repository, or the S3 object that holds a Terraform state.
    pub resource: String,
}

//! What kind of act a change is.

use crate::model::Change;

/// What kind of act a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// New code or a new version goes live.
    Deploy,
    /// Permissions, keys, secrets, network paths.
    Policy,
    /// Something is removed, stopped or switched off.
    Removal,
    /// Settings.
    Configuration,
    /// More or less of the same.
    Scaling,
    /// Cannot be told.
    Other,
    /// Automation that goes on every day: roles assumed, tags, log groups, snapshots.
    Routine,
    /// Only looked at.
    ReadOnly,
}

impl Act {
    /// How likely an act of this kind breaks something, in comparison.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Deploy => 1.0,
            Self::Policy | Self::Removal => 0.95,
            Self::Configuration => 0.9,
            Self::Scaling | Self::Other => 0.5,
            Self::Routine => 0.05,
            Self::ReadOnly => 0.0,
        }
    }

    /// The word for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deploy => "a deployment",
            Self::Policy => "a change of permissions, keys or network",
            Self::Removal => "a removal",
            Self::Configuration => "a change of settings",
            Self::Scaling => "a change of capacity",
            Self::Other => "a change",
            Self::Routine => "routine automation",
            Self::ReadOnly => "a read",
        }
    }
}

/// Names of operations by what they do, as CloudTrail writes them; the first that begins the name decides.
const ACTS: [(Act, &[&str]); 9] = [
    (
        Act::Routine,
        &[
            "AssumeRole",
            "GetSessionToken",
            "GetFederationToken",
            "ConsoleLogin",
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "CreateLogStream",
            "CreateLogGroup",
            "PutLogEvents",
            "PutRetentionPolicy",
            "TagResource",
            "UntagResource",
            "TagRole",
            "CreateTags",
            "DeleteTags",
            "AddTags",
            "CreateSnapshot",
            "DeleteSnapshot",
            "CreateDBSnapshot",
            "CopySnapshot",
            "CreateBackup",
            "StartBackupJob",
            "PutMetricData",
            "SharedSnapshot",
            "UpdateInstanceInformation",
            "PutInventory",
            "PutComplianceItems",
            "CompleteLifecycleAction",
            "RecordLifecycleActionHeartbeat",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "StartQuery",
            "StopQuery",
            "RenewRole",
            "BackupJob",
            "SubmitContainerStateChange",
            "SubmitTaskStateChange",
            "PutEvaluations",
            "CreateGrant",
            "RetireGrant",
        ],
    ),
    (
        Act::ReadOnly,
        &[
            "Describe", "Get", "List", "Head", "BatchGet", "Lookup", "Search", "Query", "Scan", "Select",
            "Check", "Validate", "Simulate", "Preview", "Estimate", "View", "Filter",
        ],
    ),
    (
        Act::Policy,
        &[
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "PutRolePolicy",
            "DeleteRolePolicy",
            "PutUserPolicy",
            "DeleteUserPolicy",
            "PutBucketPolicy",
            "DeleteBucketPolicy",
            "PutBucketAcl",
            "PutPublicAccessBlock",
            "PutKeyPolicy",
            "DisableKey",
            "EnableKey",
            "ScheduleKeyDeletion",
            "UpdateAssumeRolePolicy",
            "AddPermission",
            "RemovePermission",
            "SetQueueAttributes",
            "SetSubscriptionAttributes",
            "SetTopicAttributes",
            "AuthorizeSecurityGroup",
            "RevokeSecurityGroup",
            "ModifySecurityGroup",
            "CreateRoute",
            "DeleteRoute",
            "ReplaceRoute",
            "AssociateRouteTable",
            "DisassociateRouteTable",
            "CreateNetworkAcl",
            "DeleteNetworkAcl",
            "ReplaceNetworkAcl",
            "RotateSecret",
            "PutSecretValue",
            "UpdateSecret",
            "UpdateAccessKey",
            "DeleteAccessKey",
            "CreateAccessKey",
            "ResyncMFADevice",
            "ChangeResourceRecordSets",
            "PutResourcePolicy",
            "DeleteResourcePolicy",
            "SetSecurityGroups",
            "RevokeGrant",
            "CreatePolicyVersion",
            "SetDefaultPolicyVersion",
            "DeletePolicy",
            "PutRolePermissionsBoundary",
            "UpdateCertificate",
            "DeleteCertificate",
            "ImportCertificate",
            "ModifyVpcEndpoint",
            "DeleteVpcEndpoints",
        ],
    ),
    (
        Act::Deploy,
        &[
            "UpdateFunctionCode",
            "PublishVersion",
            "PublishLayerVersion",
            "UpdateAlias",
            "CreateFunction",
            "UpdateStack",
            "CreateStack",
            "ExecuteChangeSet",
            "UpdateService",
            "CreateService",
            "RegisterTaskDefinition",
            "CreateDeployment",
            "StartDeployment",
            "UpdateStateMachine",
            "UpdateEnvironment",
            "PutImage",
            "StartPipelineExecution",
            "StartInstanceRefresh",
            "RunInstances",
            "UpdateDistribution",
            "UpdateRestApi",
            "ImportRestApi",
            "PutRestApi",
            "UpdateApp",
            "StartJob",
        ],
    ),
    (
        Act::Scaling,
        &[
            "SetDesiredCapacity",
            "UpdateAutoScalingGroup",
            "RegisterScalableTarget",
            "PutScalingPolicy",
            "TerminateInstanceInAutoScalingGroup",
            "UpdateShardCount",
            "PutProvisionedConcurrencyConfig",
            "PutScheduledUpdateGroupAction",
            "ModifyCacheCluster",
            "ModifyReplicationGroup",
        ],
    ),
    (
        Act::Removal,
        &[
            "Delete",
            "Terminate",
            "Stop",
            "Disable",
            "Remove",
            "Deregister",
            "Detach",
            "Revoke",
            "Disassociate",
            "Suspend",
            "Cancel",
            "Purge",
            "Reboot",
            "Failover",
        ],
    ),
    (
        Act::Configuration,
        &[
            "Update",
            "Put",
            "Modify",
            "Set",
            "Change",
            "Replace",
            "Reset",
            "Enable",
            "Add",
            "Attach",
            "Associate",
            "Register",
            "Restore",
            "Start",
            "Apply",
            "Configure",
        ],
    ),
    (Act::Configuration, &["Create", "Allocate", "Import"]),
    (Act::Other, &[]),
];

/// Principals of services that act by themselves, by a part of the name that AWS gives them.
const AUTOMATION: [&str; 10] = [
    "awsservicerolefor",
    "autoscaling.amazonaws.com",
    "application-autoscaling",
    "backup.amazonaws.com",
    "dlm.amazonaws.com",
    "config.amazonaws.com",
    "guardduty.amazonaws.com",
    "inspector",
    "ssm.amazonaws.com",
    "trustedadvisor",
];

/// What kind of act a change is: by who recorded it, the name of the operation and who did it.
pub fn act(change: &Change) -> Act {
    if change.detail.get("readOnly").and_then(serde_json::Value::as_bool) == Some(true) {
        return Act::ReadOnly;
    }
    let kind = change.kind.as_str();
    let lower = kind.to_ascii_lowercase();
    match change.source.as_str() {
        "github" | "gitlab" | "deploy" => {
            let harmless = [
                "comment", "review", "issue", "label", "star", "fork", "watch", "wiki",
            ];
            return if harmless.iter().any(|word| lower.contains(word)) {
                Act::ReadOnly
            } else {
                Act::Deploy
            };
        }
        "cloudformation" if kind.contains("DELETE") => return Act::Removal,
        "cloudformation" => return Act::Deploy,
        _ => {}
    }
    let found = ACTS
        .iter()
        .find(|(_, names)| names.iter().any(|name| kind.starts_with(name)));
    let found = found.map_or_else(|| by_word(&lower), |(act, _)| *act);
    let actor = change.actor.as_deref().unwrap_or("").to_ascii_lowercase();
    if AUTOMATION.iter().any(|name| actor.contains(name)) && found < Act::Routine {
        return Act::Routine;
    }
    found
}

/// What plain words tell, where the name is none of CloudTrail's.
fn by_word(lower: &str) -> Act {
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&["deploy", "release", "rollout", "merge", "migration"]) {
        Act::Deploy
    } else if any(&["scal", "capacity"]) {
        Act::Scaling
    } else if any(&["policy", "permission", "secret", "certificate", "security"]) {
        Act::Policy
    } else if any(&["config", "setting", "flag", "parameter"]) {
        Act::Configuration
    } else {
        Act::Other
    }
}

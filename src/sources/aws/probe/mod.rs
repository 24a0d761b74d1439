//! Whether an account lets midwatch in, and which of its reads: each operation of the closed list is asked once, for as little
//! as can be asked.

mod reads;

use futures_util::future::join_all;

use self::reads::{Tried, reads};
use crate::aws::{
    AwsError, ErrorKind, Factory, Operation,
    operations::{GET_CALLER_IDENTITY, GET_RESOURCE_METRICS, SEARCH_RESOURCES},
};

/// What an account lets midwatch do in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Account of the credentials, as AWS tells it.
    pub account: String,
    /// ARN of the caller.
    pub caller: String,
    /// IAM actions that are denied, in the order of the closed list.
    pub denied: Vec<String>,
    /// What else failed, in words.
    pub failed: Vec<String>,
}

/// Tries what `aws` may do.
///
/// # Errors
/// When the account does not let it in at all.
pub async fn probe(aws: &Factory) -> Result<Access, AwsError> {
    aws.ready().await?;
    let client = aws.sts();
    let caller = aws
        .call(GET_CALLER_IDENTITY, || client.get_caller_identity().send())
        .await?;
    let mut access = Access {
        account: caller.account().unwrap_or_default().to_owned(),
        caller: caller.arn().unwrap_or_default().to_owned(),
        denied: Vec::new(),
        failed: Vec::new(),
    };
    let tried = reads(aws).into_iter().map(|tried| async move {
        let Tried { operation, outcome } = tried;
        (operation, outcome.await)
    });
    for (operation, outcome) in join_all(tried).await {
        match outcome {
            Err(error) if denies(operation, &error) => access.denied.push(operation.action.to_owned()),
            Err(error) if !is_answer(&error) => access.failed.push(error.to_string()),
            _ => {}
        }
    }
    Ok(access)
}

/// True for an error that only somebody who may read is told.
fn is_answer(error: &AwsError) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Other | ErrorKind::Unsupported | ErrorKind::Denied
    )
}

/// True where the identity may not do this; some services say the same for another reason.
fn denies(operation: &Operation, error: &AwsError) -> bool {
    error.kind == ErrorKind::Denied
        && match operation {
            // To everybody, in a region that has no default view.
            operation if *operation == *SEARCH_RESOURCES => !error.detail.starts_with("Unauthorized"),
            // Of a database that it does not know, too.
            operation if *operation == *GET_RESOURCE_METRICS => error.detail.contains(operation.action),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aws::{Limiter, operations::READS};

    #[tokio::test]
    async fn every_read_of_the_closed_list_is_tried_in_its_order() {
        let access = crate::aws::Access {
            region: Some("eu-west-1".to_owned()),
            ..crate::aws::Access::default()
        };
        let aws = Factory::connect(&access, Arc::new(Limiter::default()))
            .await
            .unwrap();
        let tried: Vec<_> = reads(&aws).iter().map(|tried| tried.operation).collect();
        let mut listed = READS.to_vec();
        listed.retain(|operation| **operation != *GET_CALLER_IDENTITY);
        assert_eq!(tried, listed);
    }

    #[test]
    fn a_refusal_for_another_reason_is_no_denial() {
        let error = |operation, detail: &str| AwsError::new(ErrorKind::Denied, operation, detail);
        for (operation, detail, expected) in [
            (SEARCH_RESOURCES, "UnauthorizedException: no default view", false),
            (SEARCH_RESOURCES, "AccessDeniedException: not authorized", true),
            (GET_RESOURCE_METRICS, "NotAuthorizedException: no", false),
            (
                GET_RESOURCE_METRICS,
                "NotAuthorizedException: not authorized to perform: pi:GetResourceMetrics",
                true,
            ),
            (GET_CALLER_IDENTITY, "AccessDenied: no", true),
        ] {
            assert_eq!(denies(operation, &error(operation, detail)), expected, "{detail}");
        }
    }
}

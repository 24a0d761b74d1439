//! Whose credentials these are: STS GetCallerIdentity.

use super::ask::Ask;
use crate::{
    aws::operations::GET_CALLER_IDENTITY,
    model::{Evidence, Identity},
};

pub(super) async fn answer(ask: &mut Ask<'_>) -> Option<Evidence> {
    let client = ask.aws.sts();
    let outcome = ask
        .aws
        .call(GET_CALLER_IDENTITY, || client.get_caller_identity().send())
        .await;
    let caller = ask.keep(outcome, || "who is asking".into(), None)?;
    Some(Evidence::Identity(Identity {
        account: caller.account().map(ToOwned::to_owned),
        region: Some(ask.aws.region().to_owned()),
        arn: caller.arn().map(ToOwned::to_owned),
        places: Vec::new(),
    }))
}

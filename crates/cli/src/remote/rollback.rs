//! `mote rollback`: an earlier version takes all events again.

use clap::Args;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    named::WorkerOptions,
    output::Paint,
    versions::{Deployed, Deployment, deployments, document, put_live, whole_id},
};
use crate::printable::printable;

/// Let an earlier version of a worker take all events again.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The version's id, the beginning of it, or its number; by default the one before the present one.
    pub(crate) version: Option<String>,
    /// Why, for the list of deployments.
    #[arg(long, short)]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) worker: WorkerOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let worker = options.worker.find(None, &options.connection, output).await;
    let worker = worker.map_err(|error| match error {
        RemoteError::WhichWorker { reason, .. } => {
            RemoteError::WhichWorker { reason, taken_for_a_version: options.version.clone() }
        }
        error => error,
    })?;
    let past = deployments(&worker).await?;
    let version = match &options.version {
        Some(id) => whole_id(&worker, id).await?,
        None => before(&past).ok_or_else(|| {
            RemoteError::wrong(
                format!("`{}` has no earlier version that has taken events", worker.name),
                "name the version; `mote versions` shows those that there are",
            )
        })?,
    };
    let versions = [Deployed { version_id: version.clone(), percentage: 100.0 }];
    let annotations = json!({
        "workers/triggered_by": "rollback",
        "workers/message": options.message.as_deref().unwrap_or("rollback"),
    });
    let deployment = put_live(&worker, &versions, Some(annotations)).await?;
    let from = past.first().and_then(main_version);
    let mut done = document(&worker, &deployment, &versions);
    if let Value::Object(fields) = &mut done {
        fields.insert("version_id".to_owned(), json!(version));
        fields.insert("from_version_id".to_owned(), json!(from));
    }
    output.result(&done, |colours| {
        let from =
            from.map(|from| format!(", which takes the place of {}", printable(from))).unwrap_or_default();
        format!(
            "{} {} to version {}{from}",
            colours.paint(Paint::Green, "rolled back"),
            worker.name,
            printable(&version)
        )
    });
    Ok(())
}

/// The version that took most events before the one that does now.
fn before(past: &[Deployment]) -> Option<String> {
    let now = past.first().and_then(main_version);
    past.iter().skip(1).filter_map(main_version).find(|version| Some(*version) != now).map(str::to_owned)
}

fn main_version(deployment: &Deployment) -> Option<&str> {
    let largest = deployment.versions.iter().max_by(|a, b| a.percentage.total_cmp(&b.percentage))?;
    Some(&largest.version_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(versions: &[(&str, f64)]) -> Deployment {
        let versions = versions
            .iter()
            .map(|(id, percentage)| Deployed { version_id: (*id).to_owned(), percentage: *percentage })
            .collect();
        Deployment { id: String::new(), versions }
    }

    #[test]
    fn back_is_the_last_version_that_is_another_one() {
        let past = [
            deployment(&[("c", 100.0)]),
            deployment(&[("c", 90.0), ("b", 10.0)]),
            deployment(&[("a", 40.0), ("b", 60.0)]),
            deployment(&[("a", 100.0)]),
        ];
        assert_eq!(before(&past).as_deref(), Some("b"));
        assert_eq!(before(&past[..2]), None, "only one version has had most events");
        assert_eq!(before(&[]), None);
    }
}

//! A space's member for the projects of one connection.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Allowed, Ask, Forge, Project, Told, target::Target};
use crate::{
    config::Association,
    model::{
        Allowance, Answer, Change, Evidence, Gap, GapKind, Place, Query, Relation, RelationKind,
        RelationOrigin, Resource, ResourceId, Source, Text, Window,
    },
    sources::space::Member,
};

/// How long what was read of a project is good: several questions of one investigation need it.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// Readings that are kept.
const KEPT: usize = 64;

/// What was read of a project in a window, and when.
type Readings = BTreeMap<(Project, Timestamp, Timestamp), (Timestamp, Vec<Told>)>;

/// Answers for the projects of one connection that a space may see.
pub struct Pipelines {
    connection: String,
    forge: Box<dyn Forge>,
    allowed: Allowed,
    mappings: Vec<(Project, Target)>,
    /// Where the space is at home, if it has several places: what stands elsewhere carries its place in its id.
    home: Option<Place>,
    /// Mappings that lead nowhere, and why.
    faults: Vec<Gap>,
    kept: Mutex<Readings>,
}

impl Pipelines {
    /// The projects that the association allows, with what they put in place.
    pub fn new(
        connection: &str,
        forge: Box<dyn Forge>,
        association: &Association,
        home: Option<Place>,
    ) -> Self {
        let allowed = Allowed::new(&association.projects, |name| forge.is_project(name));
        let mut mappings = Vec::new();
        let mut faults: Vec<Gap> = Vec::new();
        let mut fault = |what: &str, why: &'static str, hint: &'static str| {
            faults.push(Gap {
                kind: GapKind::Unsupported,
                what: Text::from("changes of ").ext(what),
                resource: None,
                why: why.into(),
                hint: Some(hint.into()),
            });
        };
        for name in &allowed.malformed {
            fault(
                name,
                "that is no project's name",
                "write OWNER/NAME as the vendor's address shows it",
            );
        }
        for mapping in &association.deploys {
            match (allowed.get(&mapping.project), Target::of(&mapping.resource)) {
                (None, _) => fault(
                    &mapping.project,
                    "it is mapped to a resource, but not among the projects that this space may see",
                    "midwatch connection allow adds it",
                ),
                (Some(_), None) => fault(
                    &mapping.project,
                    "what it deploys is not named by an ARN",
                    "give the ARN of a stack, an ECR repository or the S3 object of a Terraform state",
                ),
                (Some(project), Some(target)) => mappings.push((project.clone(), target)),
            }
        }
        Self {
            connection: connection.to_owned(),
            forge,
            allowed,
            mappings,
            home,
            faults,
            kept: Mutex::default(),
        }
    }

    /// A project as a resource.
    fn id(&self, project: &Project) -> ResourceId {
        ResourceId(format!("{}:{}", self.forge.source(), project.as_str()))
    }

    fn id_of(&self, target: &Target) -> ResourceId {
        target.id_at(self.home.as_ref())
    }

    fn resource(&self, project: &Project) -> Resource {
        let mut resource = Resource::new(self.id(project), "repository", project.as_str());
        resource.config = json!({"url": self.forge.address(project)});
        resource
    }

    /// What of `project` holds the resource.
    fn holding<'a>(
        &'a self,
        project: &'a Project,
        resource: &'a Resource,
    ) -> impl Iterator<Item = &'a Target> {
        self.targets(project)
            .filter(move |target| target.holds(resource, &Value::Null))
    }

    fn targets<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = &'a Target> {
        let own = self.mappings.iter().filter(move |(mapped, _)| mapped == project);
        own.map(|(_, target)| target)
    }

    async fn changes(&self, resource: Option<&Resource>, window: &Window, allowance: &Allowance) -> Answer {
        let projects: Vec<&Project> = self
            .allowed
            .projects()
            .iter()
            .filter(|project| {
                resource.is_none_or(|resource| self.holding(project, resource).next().is_some())
            })
            .collect();
        let readings = join_all(
            projects
                .iter()
                .map(|project| self.read(project, window, allowance)),
        )
        .await;
        let mut answer = Answer {
            gaps: self.faults.clone(),
            ..Answer::default()
        };
        let mut changes: Vec<Change> = Vec::new();
        let mut read = false;
        for (project, (told, calls, gaps)) in projects.into_iter().zip(readings) {
            read |= gaps.is_empty() || !told.is_empty();
            answer.calls += calls;
            answer.gaps.extend(gaps);
            for one in &told {
                changes.extend(self.tied(project, one, resource));
            }
        }
        let order = |a: &Change, b: &Change| {
            (a.at, &a.kind, &a.summary, &a.resource).cmp(&(b.at, &b.kind, &b.summary, &b.resource))
        };
        changes.sort_by(order);
        answer.evidence = read.then_some(Evidence::Changes(changes));
        answer
    }

    /// One change for each thing that the project puts in place; without any, one that is tied to nothing.
    fn tied(&self, project: &Project, told: &Told, asked: Option<&Resource>) -> Vec<Change> {
        let source = self.forge.source();
        if let Some(asked) = asked {
            let target = self.holding(project, asked).next();
            return vec![told.change(source, project, target, Some(&asked.id))];
        }
        let tied: Vec<Change> = self
            .targets(project)
            .map(|target| told.change(source, project, Some(target), Some(&self.id_of(target))))
            .collect();
        if tied.is_empty() {
            return vec![told.change(source, project, None, None)];
        }
        tied
    }

    /// What was done in a project, the calls that it took and the gaps.
    async fn read(
        &self,
        project: &Project,
        window: &Window,
        allowance: &Allowance,
    ) -> (Vec<Told>, u32, Vec<Gap>) {
        let key = (project.clone(), window.from, window.to);
        let now = Timestamp::now();
        let fresh = |at: Timestamp| now.duration_since(at) < FRESH;
        if let Some((at, told)) = self.kept.lock().await.get(&key)
            && fresh(*at)
        {
            return (told.clone(), 0, Vec::new());
        }
        let ask = Ask::new(self.forge.api(), &self.connection, allowance);
        let mut told = self.forge.told(&ask, project, window).await;
        told.retain(|one| one.falls_into(window));
        let (calls, gaps) = ask.done();
        if gaps.is_empty() {
            let mut kept = self.kept.lock().await;
            kept.retain(|_, (at, _)| fresh(*at));
            if kept.len() < KEPT {
                kept.insert(key, (now, told.clone()));
            }
        }
        (told, calls, gaps)
    }

    /// The projects, and the stacks that they deploy: what else they put in place is for AWS to name.
    fn inventory(&self) -> Vec<Resource> {
        let mut found: BTreeMap<ResourceId, Resource> = BTreeMap::new();
        let projects = self
            .allowed
            .projects()
            .iter()
            .map(|project| self.resource(project));
        let stacks = self.mappings.iter().map(|(_, target)| target);
        let stacks = stacks.filter(|target| target.is_stack()).map(|target| Resource {
            id: self.id_of(target),
            ..target.resource()
        });
        for resource in projects.chain(stacks) {
            found.entry(resource.id.clone()).or_insert(resource);
        }
        found.into_values().collect()
    }

    fn relations(&self) -> Vec<Relation> {
        let mut found: Vec<Relation> = self
            .mappings
            .iter()
            .map(|(project, target)| Relation {
                from: self.id(project),
                to: self.id_of(target),
                kind: RelationKind::Deploys,
                origin: RelationOrigin::Code,
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

#[async_trait]
impl Source for Pipelines {
    fn name(&self) -> &str {
        &self.connection
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        match query {
            Query::Changes { resource, window } => self.changes(resource.as_ref(), window, allowance).await,
            Query::Inventory => Answer::found(Evidence::Inventory(self.inventory()), 0),
            Query::Relations => Answer::found(Evidence::Relations(self.relations()), 0),
            other => Answer::gap(
                Gap {
                    kind: GapKind::Unsupported,
                    what: other.text(),
                    resource: None,
                    why: Text::new()
                        .ext(&self.connection)
                        .own(" knows what was merged and deployed alone"),
                    hint: None,
                },
                0,
            ),
        }
    }
}

impl Member for Pipelines {
    fn part(&self, query: &Query) -> Option<Query> {
        if self.allowed.projects().is_empty() && self.faults.is_empty() {
            return None;
        }
        let mine = match query {
            Query::Changes { resource: None, .. } | Query::Inventory => true,
            Query::Changes {
                resource: Some(resource),
                ..
            } => {
                let mut targets = self.mappings.iter().map(|(_, target)| target);
                targets.any(|target| target.holds(resource, &Value::Null))
            }
            Query::Relations => !self.mappings.is_empty(),
            _ => false,
        };
        mine.then(|| query.clone())
    }
}

//! Many people at once, from a table: looked at first, then created all together or not at all (people.md K6–K8, K15, K31,
//! C9). The same rules hold as for one: who imports gives nothing that he does not hold.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::super::Failure;
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use super::create::{Handing, NewMember, Plan, Reach, foresee, plan, write};
use super::table::{Line, TableFault, read};
use crate::model::{Delivery, Email, Group, GroupId, ImportId, InvitationMethod, Locale, Location, LocationId, MembershipState, sort_key};
use crate::policy::permission::Right;
use crate::store::{Read, StoreError, StoredImport};

/// How long an uploaded table waits for the word to go ahead.
pub const WAITS: Duration = Duration::from_secs(3600);
const DEED: Deed<'static> = Deed { rights: &[Right::People], action: "person.import", subject: "-" };
const LOOK: Deed<'static> = Deed { action: "person.import_look", ..DEED };

/// What is wrong with a line: the column, and the word for the sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    pub line: u64,
    pub column: &'static str,
    pub kind: &'static str,
}

/// What an import would do.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Under this id it can be confirmed; none while a line is wrong or nobody is new.
    pub id: Option<ImportId>,
    /// Line, name and address of those who would be created or invited.
    pub fresh: Vec<(u64, String, String)>,
    /// Lines whose address belongs here already: nothing happens to them.
    pub here: usize,
    pub faults: Vec<LineFault>,
}

/// What became of the word to go ahead.
#[derive(Debug)]
pub enum Imported {
    Done {
        created: usize,
        here: usize,
    },
    /// Something is in the way now that was not before: nobody was created.
    Changed(Box<Outlook>),
    /// It was carried out, replaced or waited too long.
    Over,
}

/// Looks at a table and says what it would do; `locale` is for lines that name no language. It is kept, sealed, for [`WAITS`] if nothing is wrong.
pub async fn look(acting: &Acting<'_>, file: &[u8], locale: Locale) -> Outcome<Result<Outlook, TableFault>> {
    if !acting.scope.may(Right::People) {
        return Ok(Err(Refusal::Right(Right::People)));
    }
    let lines = match read(file) {
        Ok(lines) => lines,
        Err(fault) => return Ok(Ok(Err(fault))),
    };
    let (mut outlook, _) = weigh(acting, &lines, (Handing::Later, locale)).await?;
    let kept = (outlook.faults.is_empty() && !outlook.fresh.is_empty()).then(|| {
        let id = ImportId::generate(acting.now, &*acting.app.entropy);
        let sealed = acting.app.sealer.seal(&context(&id), file, &*acting.app.entropy);
        let (tenant, person) = (acting.tenant().clone(), acting.scope.person().clone());
        StoredImport { id, tenant, person, sealed, created_at: acting.now, expires_at: acting.now.plus(WAITS) }
    });
    // A look at many addresses tells something about each (security.md I11): it is never unseen.
    let detail = json!({ "lines": lines.len(), "faults": outlook.faults.len() });
    let looked = acting.attempt(LOOK, async |w| {
        if let Some(kept) = &kept {
            w.keep_import(kept).await?;
        }
        acting.done(w, LOOK, detail).await?;
        Ok(Ok(()))
    });
    Ok(looked.await?.map(|()| {
        outlook.id = kept.map(|kept| kept.id);
        Ok(outlook)
    }))
}

fn context(id: &ImportId) -> String {
    format!("import:{id}")
}

/// Carries out what was looked at, in one transaction; `send` is the answer where the tenant's rules ask whether
/// invitations leave now (people.md K31). Addresses that came here meanwhile are left alone.
pub async fn carry_out(acting: &Acting<'_>, id: &ImportId, send: bool, locale: Locale) -> Outcome<Imported> {
    let found = acting.app.store.read(async |r| r.import(acting.tenant(), acting.scope.person(), id, acting.now).await).await?;
    let file = found.and_then(|stored| acting.app.sealer.open(&context(id), &stored.sealed).ok());
    let Some(Ok(lines)) = file.map(|file| read(file.expose())) else { return Ok(Ok(Imported::Over)) };
    let asks = acting.house()?.policy.invitation_delivery == Delivery::Ask;
    let handing = if asks && !send { Handing::Later } else { Handing::Letter };
    let (outlook, members) = weigh(acting, &lines, (handing, locale)).await?;
    if !outlook.faults.is_empty() {
        return Ok(Ok(Imported::Changed(Box::new(outlook))));
    }
    let mut plans: Vec<Plan> = Vec::with_capacity(members.len());
    for member in &members {
        match plan(acting, member).await? {
            Ok(plan) => plans.push(plan),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    let (created, here) = (plans.len(), outlook.here);
    let outcome = acting
        .attempt(DEED, async |w| {
            // Used up once: two who press the button at once create nobody twice.
            if !w.take_import(id).await? {
                return Ok(Ok(Imported::Over));
            }
            for plan in plans {
                allowed!(write(acting, w, plan).await?);
            }
            acting.done(w, DEED, json!({ "created": created, "here": here })).await?;
            Ok(Ok(Imported::Done { created, here }))
        })
        .await?;
    Ok(outcome)
}

/// Every line by the rules for one person, without writing anything.
async fn weigh(acting: &Acting<'_>, lines: &[Line], how: (Handing, Locale)) -> Result<(Outlook, Vec<NewMember>), Failure> {
    let names = acting.app.store.read(async |r| Names::load(acting, r).await).await?;
    let (mut judged, mut seen) = (Vec::with_capacity(lines.len()), BTreeSet::new());
    for line in lines {
        let again = Email::parse(&line.email).is_some_and(|email| !seen.insert(email.as_str().to_owned()));
        judged.push(if again { Err(("email", "twice")) } else { names.member(acting, line, how) });
    }
    let verdicts = acting
        .app
        .store
        .read(async |r| {
            let mut verdicts = Vec::with_capacity(judged.len());
            for (line, member) in lines.iter().zip(&judged) {
                verdicts.push(match member {
                    Ok(member) => foresee(acting, r, member).await,
                    // Whoever is here already is left alone, whatever else the line says: an export can be read again.
                    Err(("groups" | "locations" | "language", _)) => Ok(is_here(acting, r, line).await?.then_some(Refusal::AlreadyHere)),
                    Err(_) => Ok(None),
                });
            }
            Ok(verdicts)
        })
        .await?;
    let (mut outlook, mut members) = (Outlook::default(), Vec::new());
    for ((line, member), verdict) in lines.iter().zip(judged).zip(verdicts) {
        let wrong = |(column, kind)| LineFault { line: line.number, column, kind };
        match (member, verdict?) {
            (Err(_), Some(_)) => outlook.here += 1,
            (Err(fault), None) => outlook.faults.push(wrong(fault)),
            (Ok(member), None) => {
                outlook.fresh.push((line.number, format!("{} {}", line.first_name, line.last_name), line.email.clone()));
                members.push(member);
            }
            (Ok(_), Some(Refusal::AlreadyHere | Refusal::Oneself)) => outlook.here += 1,
            (Ok(_), Some(Refusal::Invalid(column, _))) => outlook.faults.push(wrong((column, kind_of(column)))),
            (Ok(_), Some(_)) => outlook.faults.push(wrong(("line", "rules"))),
        }
    }
    Ok((outlook, members))
}

/// Does somebody with the address of this line belong here?
async fn is_here(acting: &Acting<'_>, r: &mut Read, line: &Line) -> Result<bool, StoreError> {
    let Some(email) = Email::parse(&line.email) else { return Ok(false) };
    let Some(person) = r.person_by_email(&email).await? else { return Ok(false) };
    let membership = r.membership(&person.id, acting.tenant()).await?;
    Ok(membership.is_some_and(|membership| membership.state != MembershipState::Left))
}

fn kind_of(column: &str) -> &'static str {
    match column {
        "email" => "email",
        "locations" => "limited",
        _ => "name",
    }
}

/// The column, and the word for what is wrong with it.
type Wrong = (&'static str, &'static str);

/// The groups and locations that a file may name, by their names.
struct Names {
    groups: BTreeMap<String, Group>,
    locations: BTreeMap<String, Vec<LocationId>>,
    /// Where the one who imports is limited to.
    own: Option<Vec<LocationId>>,
}

impl Names {
    async fn load(acting: &Acting<'_>, r: &mut Read) -> Result<Self, StoreError> {
        let groups = r.groups_of(acting.tenant()).await?;
        let mut locations: BTreeMap<String, Vec<LocationId>> = BTreeMap::new();
        for Location { id, name, .. } in r.locations_of(acting.tenant()).await? {
            locations.entry(sort_key(&name)).or_default().push(id);
        }
        let own = acting.reach(r).await?;
        Ok(Self { groups: groups.into_iter().map(|group| (sort_key(&group.name), group)).collect(), locations, own })
    }

    /// The person of a line, or the column that is wrong and why.
    fn member(&self, acting: &Acting<'_>, line: &Line, (handing, locale): (Handing, Locale)) -> Result<NewMember, Wrong> {
        if line.uneven {
            return Err(("line", "uneven"));
        }
        let locale = match line.language.as_str() {
            "" => locale,
            text => Locale::parse(text).ok_or(("language", "language"))?,
        };
        Ok(NewMember {
            reach: Reach::Email(line.email.clone()),
            first_name: line.first_name.clone(),
            last_name: line.last_name.clone(),
            locale,
            groups: self.groups(acting, line)?,
            locations: self.locations(line)?,
            // Neither is given by a file: both open everything (security.md I08).
            api_access: false,
            admin: false,
            method: InvitationMethod::Password,
            handing,
        })
    }

    fn groups(&self, acting: &Acting<'_>, line: &Line) -> Result<Vec<GroupId>, Wrong> {
        let mut found = Vec::new();
        for name in &line.groups {
            let group = self.groups.get(&sort_key(name)).ok_or(("groups", "group"))?;
            if !acting.holds(group) {
                return Err(("groups", "not_held"));
            }
            found.push(group.id.clone());
        }
        // people.md K15: a group is chosen wherever there are any.
        if found.is_empty() && !self.groups.is_empty() { Err(("groups", "no_group")) } else { Ok(found) }
    }

    fn locations(&self, line: &Line) -> Result<Option<Vec<LocationId>>, Wrong> {
        let mut found = Vec::new();
        for name in &line.locations {
            match self.locations.get(&sort_key(name)).map(Vec::as_slice) {
                Some([one]) if self.own.as_ref().is_none_or(|own| own.contains(one)) => found.push(one.clone()),
                Some([_]) => return Err(("locations", "not_held")),
                // Two of one name cannot be told apart here.
                _ => return Err(("locations", "location")),
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }
}

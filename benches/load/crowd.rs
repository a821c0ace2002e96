//! A crowd: one tenant of very many people, very many tenants, a long audit log; and the lists that show them.
use std::time::Duration;

use tenantry::model::{
    Amr, AuditId, Email, FactorKind, GroupId, Invitation, InvitationId, InvitationMethod, Locale, Location, LocationId, Membership,
    MembershipId, MembershipKind, MembershipState, PersonId, PersonState, Tenant, TenantId, TenantState,
};
use tenantry::service::change::Change;
use tenantry::store::{AuditRow, NewPerson, Store, StoreError, Write};
use tenantry::world::{Clock, Os, Secret, SystemClock, Timestamp, Token};

use super::world::{CALLBACK, EMAIL, session};

/// So many rows are one transaction.
const AT_ONCE: usize = 500;
const GROUPS: usize = 20;
const LOCATIONS: usize = 50;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const FIRST: [&str; 16] = [
    "Anna", "Béla", "Carla", "Dmitri", "Elif", "Fatima", "Gil", "Hanna", "Ivo", "Jördis", "Karim", "Lea", "Marek", "Noor", "Öznur", "Paul",
];
const LAST: [&str; 24] = [
    "Adler", "Bauer", "Celik", "Dubois", "Ebner", "Ferrari", "Gruber", "Huber", "Imhof", "Janssen", "Keller", "Lopez", "Meier", "Novak",
    "Özdemir", "Petrov", "Quandt", "Rossi", "Schmidt", "Tanner", "Ulrich", "Vogel", "Weber", "Zeller",
];

/// What the lists need to know.
pub struct Crowd {
    /// Cookie header of somebody who is an administrator of the large tenant and an operator.
    pub cookie: String,
    /// An address in the middle of the list.
    pub somebody: String,
    pub group: GroupId,
    pub location: LocationId,
}

impl Crowd {
    /// Fills an empty database.
    pub async fn make(database: &str, people: usize, tenants: usize) -> Self {
        let store = Store::open(database).await.expect("a database");
        store.migrate().await.expect("a schema");
        let now = SystemClock.now();
        let large = tenant(0, now);
        for chunk in numbers(tenants).chunks(AT_ONCE) {
            fill(&store, async |w| {
                for n in chunk {
                    let new = if *n == 0 { large.clone() } else { tenant(*n, now) };
                    w.insert_tenant(&new).await?;
                }
                Ok(())
            })
            .await;
        }
        let (groups, locations) = order(&store, &large.id, now).await;
        for chunk in numbers(people).chunks(AT_ONCE) {
            fill(&store, async |w| {
                for n in chunk {
                    one(w, *n, &large.id, (&groups, &locations), now).await?;
                }
                Ok(())
            })
            .await;
        }
        let boss = boss(&store, &large.id, now).await;
        let change = Change { store: &store, entropy: &Os, now, actor: "load", network: "local" };
        let cookie = format!("cookie: tenantry-session={}\r\n", session(&change, &boss, &[Amr::Pwd, Amr::Otp]).await);
        store.close().await;
        Self { cookie, somebody: address(people / 2), group: groups[7].clone(), location: locations[7].clone() }
    }

    /// What is asked for, with a name for the table.
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        let people = |query: &str| format!("/admin/t0/people{query}");
        let search = self.somebody.split('@').next().unwrap_or_default();
        vec![
            ("people, first page", people("")),
            ("people, search: one finds", people(&format!("?q={search}"))),
            ("people, search: two words", people("?q=schmidt+anna")),
            ("people, search: nobody", people("?q=nobodyatall")),
            ("people, locked", people("?status=locked")),
            ("people, password expired (none)", people("?status=password_expired")),
            ("people, invited", people("?status=invited")),
            ("people, not yet invited (none)", people("?status=not_invited")),
            ("people, deactivated", people("?status=deactivated")),
            ("people, guests", people("?guest=yes")),
            ("people, authenticator app", people("?factor=totp")),
            ("people, of a group", people(&format!("?group={}", self.group))),
            ("people, of a location", people(&format!("?location={}", self.location))),
            ("tenant, overview", "/admin/t0".to_owned()),
            ("tenant, audit log", "/admin/t0/audit".to_owned()),
            ("tenant, audit of one kind", "/admin/t0/audit?kind=person".to_owned()),
            ("groups", "/admin/t0/groups".to_owned()),
            ("operator, overview", "/operator".to_owned()),
            ("operator, tenants", "/operator/tenants".to_owned()),
            ("operator, tenants, search", "/operator/tenants?q=t9999".to_owned()),
        ]
    }
}

fn numbers(to: usize) -> Vec<usize> {
    (0..to).collect()
}

async fn fill(store: &Store, rows: impl AsyncFn(&mut Write) -> Result<(), StoreError>) {
    store.write(async |w| rows(w).await).await.expect("rows");
}

fn tenant(n: usize, now: Timestamp) -> Tenant {
    Tenant {
        id: TenantId::generate(now, &Os),
        number: format!("{}", 100_000 + n),
        slug: format!("t{n}"),
        name: format!("{} {} {n}", LAST[n % LAST.len()], ["AG", "GmbH", "Ltd", "SA"][n % 4]),
        alias: None,
        color: None,
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy: tenantry::model::TenantPolicy::default(),
        created_at: now,
    }
}

/// Groups and locations of the large tenant.
async fn order(store: &Store, tenant: &TenantId, now: Timestamp) -> (Vec<GroupId>, Vec<LocationId>) {
    let groups: Vec<_> = (0..GROUPS).map(|_| GroupId::generate(now, &Os)).collect();
    let locations: Vec<_> = (0..LOCATIONS).map(|_| LocationId::generate(now, &Os)).collect();
    fill(store, async |w| {
        for (n, id) in groups.iter().enumerate() {
            w.insert_group(id, tenant, &format!("Group {n}")).await?;
        }
        for (n, id) in locations.iter().enumerate() {
            w.insert_location(&Location { id: id.clone(), tenant: tenant.clone(), name: format!("Shop {n}"), website: None }).await?;
        }
        Ok(())
    })
    .await;
    (groups, locations)
}

fn address(n: usize) -> String {
    format!("{}.{n}@t0.example", LAST[n % LAST.len()].to_lowercase().replace('ö', "oe"))
}

/// One of the crowd, with a line of the audit log: every 20th a guest, every 50th invited, every 100th disabled, half of
/// them not seen for long, a third with an app.
async fn one(
    w: &mut Write,
    n: usize,
    tenant: &TenantId,
    (groups, locations): (&[GroupId], &[LocationId]),
    now: Timestamp,
) -> Result<(), StoreError> {
    let person = PersonId::generate(now, &Os);
    let invited = n % 50 == 1;
    let new = NewPerson {
        id: person.clone(),
        email: Email::parse(&address(n)),
        email_verified: !invited,
        first_name: FIRST[n % FIRST.len()].to_owned(),
        last_name: format!("{}{}", LAST[n % LAST.len()], n / 1000),
        locale: Locale::De,
        state: if invited { PersonState::Invited } else { PersonState::Active },
        operator: false,
        second_factor: [FactorKind::Email, FactorKind::Totp, FactorKind::None][n % 3],
        password_hash: (!invited).then(|| Secret::from("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo")),
    };
    w.insert_person(&new, now).await?;
    let seat = Membership {
        id: MembershipId::generate(now, &Os),
        person: person.clone(),
        tenant: tenant.clone(),
        kind: if n % 20 == 3 { MembershipKind::Guest } else { MembershipKind::Home },
        state: match n {
            _ if invited => MembershipState::Invited,
            _ if n % 100 == 2 => MembershipState::Disabled,
            _ => MembershipState::Active,
        },
        accepted: !invited,
        admin: false,
        api_access: false,
        limited_to_locations: false,
        last_used_at: Some(now.minus(DAY * u32::try_from(n % 180).expect("few days"))),
        woken_at: None,
        created_at: now.minus(DAY * 400),
    };
    w.insert_membership(&seat).await?;
    w.add_group_member(&groups[n % GROUPS], &seat.id).await?;
    if n % 10 == 7 {
        w.limit_to_location(&seat.id, &locations[n % LOCATIONS]).await?;
    }
    if invited {
        let id = InvitationId::generate(now, &Os);
        let invitation = Invitation {
            id,
            tenant: tenant.clone(),
            person: person.clone(),
            membership: seat.id.clone(),
            method: InvitationMethod::Password,
            created_by: None,
            letter: None,
            created_at: now,
            expires_at: now.plus(DAY),
            opened_at: None,
            accepted_at: None,
            declined_at: None,
            revoked_at: None,
        };
        w.insert_invitation(&invitation, &Token::<tenantry::world::SessionCookie>::generate(&Os).digest(), now).await?;
    }
    w.record_audit(&AuditRow {
        id: AuditId::generate(now, &Os),
        at: now.minus(Duration::from_secs(u64::try_from(n).expect("a count"))),
        actor: person.as_str().to_owned(),
        action: ["sign_in.password", "person.create", "group.join"][n % 3].to_owned(),
        subject: person.as_str().to_owned(),
        tenant: Some(tenant.clone()),
        client: None,
        outcome: "ok".to_owned(),
        detail: serde_json::json!({ "from": CALLBACK }),
        network: "192.0.2.0/24".to_owned(),
    })
    .await
}

/// An administrator of the large tenant who is an operator, too.
async fn boss(store: &Store, tenant: &TenantId, now: Timestamp) -> PersonId {
    let id = PersonId::generate(now, &Os);
    let new = NewPerson {
        id: id.clone(),
        email: Email::parse(EMAIL),
        email_verified: true,
        first_name: "Load".to_owned(),
        last_name: "Acme".to_owned(),
        locale: Locale::En,
        state: PersonState::Active,
        operator: true,
        second_factor: FactorKind::Totp,
        password_hash: None,
    };
    let seat = Membership {
        id: MembershipId::generate(now, &Os),
        person: id.clone(),
        tenant: tenant.clone(),
        kind: MembershipKind::Home,
        state: MembershipState::Active,
        accepted: true,
        admin: true,
        api_access: false,
        limited_to_locations: false,
        last_used_at: Some(now),
        woken_at: None,
        created_at: now,
    };
    fill(store, async |w| {
        w.insert_person(&new, now).await?;
        w.insert_membership(&seat).await.map(|_| ())
    })
    .await;
    id
}

//! API access (people.md K35–K38): some resource servers are open only to people whose home membership says so.
use crate::model::{Apis, Membership, MembershipKind};

/// Has this membership API access? The flag counts at home alone, and everybody has one home (K35, K37, K38).
pub fn has(membership: &Membership) -> bool {
    membership.kind == MembershipKind::Home && membership.api_access
}

/// Is one of these resource servers only for people with API access?
pub fn is_required(names: &[String], apis: &Apis) -> bool {
    names.iter().filter_map(|name| apis.get(name)).any(|api| api.settings.requires_api_access)
}

/// May one token be for all of these resource servers? `membership` is none for a client's own token, which has no flag.
pub fn admits(names: &[String], apis: &Apis, membership: Option<&Membership>) -> bool {
    membership.is_some_and(has) || !is_required(names, apis)
}

/// Those that are left for a token that names none.
pub fn open(names: &[String], apis: &Apis, membership: Option<&Membership>) -> Vec<String> {
    names.iter().filter(|name| admits(std::slice::from_ref(name), apis, membership)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Api, ApiId, ApiSettings, MembershipId, MembershipState, PersonId, TenantId};
    use crate::world::Timestamp;

    const CLOSED: &str = "https://closed.test";
    const ORDERS: &str = "https://orders.test";

    fn apis() -> Apis {
        let api = |identifier: &str, requires_api_access| {
            let settings = ApiSettings { requires_api_access, ..ApiSettings::default() };
            let created_at = Timestamp::from_micros(0);
            (identifier.to_owned(), Api { id: ApiId::from_text(identifier), identifier: identifier.into(), settings, created_at })
        };
        [api(CLOSED, true), api(ORDERS, false)].into()
    }

    fn membership(kind: MembershipKind, api_access: bool) -> Membership {
        Membership {
            id: MembershipId::from_text("mem_1"),
            person: PersonId::from_text("per_1"),
            tenant: TenantId::from_text("ten_1"),
            kind,
            state: MembershipState::Active,
            admin: true,
            api_access,
            limited_to_locations: false,
            last_used_at: None,
            woken_at: None,
            accepted: true,
            created_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn k35_k37_only_the_flag_of_the_home_membership_opens_such_an_api() {
        let both = [CLOSED.to_owned(), ORDERS.to_owned()];
        for (kind, flag, good) in [
            (MembershipKind::Home, true, true),
            (MembershipKind::Home, false, false),
            (MembershipKind::Guest, true, false),
            (MembershipKind::Guest, false, false),
        ] {
            let one = membership(kind, flag);
            assert_eq!((has(&one), admits(&both, &apis(), Some(&one))), (good, good), "{kind:?} {flag}");
            assert!(admits(&both[1..], &apis(), Some(&one)));
            assert_eq!(open(&both, &apis(), Some(&one)).len(), if good { 2 } else { 1 });
        }
        assert!(!admits(&both, &apis(), None) && admits(&both[1..], &apis(), None));
        assert!(is_required(&both, &apis()) && !is_required(&["https://unknown.test".to_owned()], &apis()));
    }
}

//! Locations of a tenant, as its administrators and as operators arrange them (people.md S37, S39, S43).
use crate::model::{Location, LocationId, LocationsBy, Tenant};
use crate::pages::console::{Discard, LocationLine, LocationList, LocationPage};
use crate::service::people::acting::{Acting, Refusal};
use crate::service::people::locations;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;

/// So many are shown; more are found by searching.
const SHOWN: usize = 100;

/// Whose desk it is, and where its list stands.
pub struct Desk<'a> {
    pub acting: Acting<'a>,
    pub tenant: &'a Tenant,
    /// Path of the list.
    pub list: String,
}

/// What became of a form.
pub enum Filled {
    Done,
    Again(Box<LocationPage>),
}

impl Desk<'_> {
    fn operator(&self) -> bool {
        self.acting.scope.is_of_operator()
    }

    /// Is it this one's business (S43)?
    fn editable(&self) -> bool {
        let whose = if self.operator() { LocationsBy::Operator } else { LocationsBy::TenantAdmin };
        self.tenant.policy.locations_managed_by == whose
    }

    /// Where there are no locations there is no page about them.
    fn enabled(&self) -> Result<(), WebError> {
        if self.tenant.policy.locations_enabled { Ok(()) } else { Err(WebError::not_found()) }
    }

    fn arranges(&self) -> Result<(), WebError> {
        self.enabled()?;
        if self.editable() { Ok(()) } else { Err(WebError::forbidden()) }
    }

    pub async fn list(&self, search: &str) -> Result<LocationList, WebError> {
        self.enabled()?;
        let mut found = locations::all(&self.acting, search).await?;
        let more = found.len() > SHOWN;
        found.truncate(SHOWN);
        let line =
            |place: Location| LocationLine { id: place.id.to_string(), name: place.name, website: place.website.unwrap_or_default() };
        Ok(LocationList {
            list: self.list.clone(),
            query: search.to_owned(),
            locations: found.into_iter().map(line).collect(),
            more,
            editable: self.editable(),
            operator: self.operator(),
        })
    }

    pub fn blank(&self) -> Result<LocationPage, WebError> {
        self.arranges()?;
        Ok(self.form(None, "", ""))
    }

    pub async fn show(&self, id: &str) -> Result<LocationPage, WebError> {
        self.arranges()?;
        let place = self.find(id).await?;
        Ok(self.form(Some(id), &place.name, place.website.as_deref().unwrap_or("")))
    }

    /// What is to be deleted.
    pub async fn ask(&self, id: &str) -> Result<Discard, WebError> {
        self.arranges()?;
        let place = self.find(id).await?;
        Ok(Discard { what: "location", list: self.list.clone(), id: id.to_owned(), name: place.name })
    }

    pub async fn create(&self, fields: &Fields) -> Result<Filled, WebError> {
        self.enabled()?;
        let (name, website) = (fields.get("name"), fields.get("website"));
        let outcome = locations::create(&self.acting, name, Some(website)).await?.map(|_| ());
        self.filled(outcome, self.form(None, name, website))
    }

    pub async fn save(&self, id: &str, fields: &Fields) -> Result<Filled, WebError> {
        self.enabled()?;
        let place = self.find(id).await?;
        let (name, website) = (fields.get("name"), fields.get("website"));
        let outcome = locations::change(&self.acting, &place.id, name, Some(website)).await?;
        self.filled(outcome, self.form(Some(id), name, website))
    }

    pub async fn delete(&self, id: &str) -> Result<Filled, WebError> {
        self.enabled()?;
        let place = self.find(id).await?;
        let outcome = locations::delete(&self.acting, &place.id).await?;
        self.filled(outcome, self.form(Some(id), &place.name, ""))
    }

    fn filled(&self, outcome: Result<(), Refusal>, typed: LocationPage) -> Result<Filled, WebError> {
        let fault = match outcome {
            Ok(()) => return Ok(Filled::Done),
            Err(Refusal::Invalid("website", _)) => "website",
            Err(Refusal::Invalid(..)) => "name",
            Err(Refusal::NotFound) => return Err(WebError::not_found()),
            Err(_) => return Err(WebError::forbidden()),
        };
        Ok(Filled::Again(Box::new(LocationPage { fault: Some(fault), ..typed })))
    }

    fn form(&self, id: Option<&str>, name: &str, website: &str) -> LocationPage {
        let (list, id) = (self.list.clone(), id.map(str::to_owned));
        LocationPage { list, id, name: name.to_owned(), website: website.to_owned(), fault: None }
    }

    async fn find(&self, id: &str) -> Result<Location, WebError> {
        let all = self.acting.app.store.read(async |r| r.locations_of(&self.tenant.id).await).await?;
        let id = LocationId::from_text(id);
        all.into_iter().find(|place| place.id == id).ok_or_else(WebError::not_found)
    }
}

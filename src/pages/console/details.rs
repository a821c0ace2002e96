//! The pages on which people arrange themselves: details and picture.
use serde::Serialize;

use super::super::Page;
use super::super::gallery::Specimen;
use super::{Area, framed};

/// `GET /account/details` with its forms: `POST /account/details` with `first_name`, `last_name`, `locale`;
/// `POST /account/picture` with `file`; `POST /account/picture/remove` (people.md K13, K14).
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// As it was typed, or as it is.
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    pub locales: Vec<String>,
    pub first_name_wrong: bool,
    pub last_name_wrong: bool,
    /// Path of the picture.
    pub picture: Option<String>,
    pub picture_error: Option<PictureError>,
    /// Of the largest file that is taken.
    pub megabytes: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureError {
    /// The button was pressed without a file.
    None,
    Kind,
    Broken,
    TooLarge,
    Busy,
}

impl Page for Details {
    const TEMPLATE: &'static str = "account/details.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            locale: "de".to_owned(),
            locales: ["en", "de", "fr", "it"].map(str::to_owned).to_vec(),
            first_name_wrong: false,
            last_name_wrong: false,
            picture: Some("/picture/per_1?v=pic_1".to_owned()),
            picture_error: None,
            megabytes: 10,
        };
        let refused = |picture_error| Self { picture: None, picture_error: Some(picture_error), ..page.clone() };
        let wrong = Self { first_name: String::new(), first_name_wrong: true, last_name_wrong: true, picture: None, ..page.clone() };
        vec![
            ("picture", page.clone()),
            ("wrong", wrong),
            ("no-file", refused(PictureError::None)),
            ("no-picture", refused(PictureError::Kind)),
            ("broken", refused(PictureError::Broken)),
            ("too-large", refused(PictureError::TooLarge)),
            ("busy", refused(PictureError::Busy)),
        ]
    }
}

/// These pages in their frame.
pub(super) fn gallery() -> Vec<Specimen> {
    framed::<Details>(Area::Account)
}

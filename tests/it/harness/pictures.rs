//! The pictures of the guides: which look of which journey each of them shows (`docs/screenshots/pictures.txt`).
use std::fs::File;
use std::path::{Path, PathBuf};

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

const LIST: &str = include_str!("../../../docs/screenshots/pictures.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A console on a desk.
    Wide,
    /// The same in the dark theme.
    Dark,
    /// A page with one card.
    Card,
    /// A phone.
    Narrow,
}

impl Kind {
    /// Width and largest height of the window: what is below is cut off.
    pub const fn window(self) -> (u32, u32) {
        match self {
            Self::Wide | Self::Dark => (1280, 1184),
            Self::Card => (760, 1000),
            Self::Narrow => (360, 1000),
        }
    }

    /// Pixels of the picture for one of the window.
    pub const fn scale(self) -> f64 {
        match self {
            Self::Wide | Self::Dark => 0.78125,
            Self::Card | Self::Narrow => 1.0,
        }
    }
}

#[derive(Debug)]
pub struct Picture {
    pub file: &'static str,
    pub journey: &'static str,
    pub look: &'static str,
    pub kind: Kind,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots")
}

/// All of them.
pub fn all() -> Vec<Picture> {
    LIST.lines().filter(|line| !line.starts_with('#')).map(picture).collect()
}

fn picture(line: &'static str) -> Picture {
    let [file, from, kind] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("three words in a line: {line}") };
    let (journey, look) = from.split_once('/').unwrap_or_else(|| panic!("journey/look: {line}"));
    let kind = match kind {
        "wide" => Kind::Wide,
        "dark" => Kind::Dark,
        "card" => Kind::Card,
        "narrow" => Kind::Narrow,
        _ => panic!("wide, dark, card or narrow: {line}"),
    };
    Picture { file, journey, look, kind }
}

impl Picture {
    /// Writes a screenshot into the folder, in as few bytes as it takes: with 32 shades of each colour, without alpha.
    pub fn keep(&self, png: &[u8]) {
        let mut shot = image::load_from_memory(png).unwrap().into_rgb8();
        for value in shot.iter_mut() {
            *value = u8::try_from((u32::from(*value) * 31 + 127) / 255 * 255 / 31).unwrap();
        }
        let file = File::create(folder().join(self.file)).unwrap();
        let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::NoFilter);
        encoder.write_image(shot.as_raw(), shot.width(), shot.height(), image::ExtendedColorType::Rgb8).unwrap();
    }
}

/// Those that a look is for. None unless somebody asked for new pictures.
pub fn wanted(journey: &str, look: &str) -> Vec<Picture> {
    if std::env::var_os("TENANTRY_PICTURES").is_none() {
        return Vec::new();
    }
    all().into_iter().filter(|picture| picture.journey == journey && picture.look == look).collect()
}

//! Floor 3. The only room that decodes pictures of strangers.
//!
//! Owns: what may be uploaded, the way from any such file to the one form that is kept and served: a square PNG without
//! anything but its pixels. What was uploaded is never kept (security.md L04). Never does: storage, HTTP.
//!
//! ```ignore
//! let place = studio.enter()?;                      // before the upload is read
//! let png = place.portrait(bytes).await??;
//! ```
mod studio;
#[cfg(test)]
mod tests;

pub use studio::{Place, Studio};

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::FilterType as Scaling;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// Width and height of what is kept.
pub const SIDE: u32 = 256;
/// The largest file that is read.
pub const LARGEST_FILE: usize = 10 * 1024 * 1024;
const LONGEST: u32 = 8192;
/// What one picture may take in memory once it is decoded.
const MEMORY: u64 = 96 * 1024 * 1024;
/// Photos of phones are smaller. While a progressive JPEG is read, its coefficients take twice its pixels besides.
const MOST_PIXELS: u64 = 25_000_000;

/// Why a file gives no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFault {
    /// Neither PNG nor JPEG nor WebP, whatever it calls itself. SVG is a program and never taken.
    Kind,
    /// It begins like a picture but cannot be read.
    Broken,
    /// The file, or what it would unfold to.
    TooLarge,
}

/// The square from the middle of a picture, turned as its camera was held, written anew.
///
/// # Errors
/// [`PictureFault`]; never a panic that leaves [`Place::portrait`].
pub fn portrait(file: &[u8]) -> Result<Vec<u8>, PictureFault> {
    if file.len() > LARGEST_FILE {
        return Err(PictureFault::TooLarge);
    }
    let (picture, orientation) = decode(file)?;
    let side = picture.width().min(picture.height());
    let square = picture.crop_imm((picture.width() - side) / 2, (picture.height() - side) / 2, side, side);
    drop(picture);
    let scaling = if side > SIDE { Scaling::Triangle } else { Scaling::CatmullRom };
    let mut small = square.resize_exact(SIDE, SIDE, scaling);
    small.apply_orientation(orientation);
    encode(&small)
}

/// The largest logo that is kept; a smaller one stays as large as it is.
pub const LOGO: (u32, u32) = (480, 160);

/// The whole picture, made to fit into [`LOGO`], written anew. What is transparent stays so.
///
/// # Errors
/// [`PictureFault`]; never a panic that leaves [`Place::logo`].
pub fn logo(file: &[u8]) -> Result<Vec<u8>, PictureFault> {
    if file.len() > LARGEST_FILE {
        return Err(PictureFault::TooLarge);
    }
    let (mut picture, orientation) = decode(file)?;
    picture.apply_orientation(orientation);
    let (width, height) = LOGO;
    if picture.width() > width || picture.height() > height {
        picture = picture.resize(width, height, Scaling::Triangle);
    }
    encode(&picture)
}

fn decode(file: &[u8]) -> Result<(DynamicImage, Orientation), PictureFault> {
    // By its first bytes: neither the name nor the announced type of an upload counts.
    let format = image::guess_format(file).map_err(|_| PictureFault::Kind)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(PictureFault::Kind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureFault::Broken);
    }
    // The head of the file says how large the rest will be; nothing is reserved before this is believed.
    if width > LONGEST || height > LONGEST || decoder.total_bytes() > MEMORY || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureFault::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    Ok((picture, orientation))
}

fn fault(error: &image::ImageError) -> PictureFault {
    match error {
        image::ImageError::Limits(_) => PictureFault::TooLarge,
        image::ImageError::Unsupported(_) => PictureFault::Kind,
        _ => PictureFault::Broken,
    }
}

/// Pixels and nothing else: no text, no place where the photo was taken, no colour profile, no second picture.
fn encode(picture: &DynamicImage) -> Result<Vec<u8>, PictureFault> {
    let plain =
        if picture.color().has_alpha() { DynamicImage::ImageRgba8(picture.to_rgba8()) } else { DynamicImage::ImageRgb8(picture.to_rgb8()) };
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
    plain.write_with_encoder(encoder).map_err(|_| PictureFault::Broken)?;
    Ok(png)
}

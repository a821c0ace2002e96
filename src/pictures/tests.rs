//! What comes in, what comes out (people.md K14, security.md L04).
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Rgb, RgbImage, Rgba, RgbaImage};

use super::{PictureFault, SIDE, Studio, portrait};

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }))
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(png: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(png, ImageFormat::Png).unwrap()
}

/// The chunks of a PNG file by their names.
fn chunks(png: &[u8]) -> Vec<String> {
    let (mut at, mut names) = (8, Vec::new());
    while at + 8 <= png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        names.push(String::from_utf8_lossy(&png[at + 4..at + 8]).into_owned());
        at += 12 + length;
    }
    names
}

#[test]
fn k14_every_kind_and_shape_becomes_a_square_of_the_same_size() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        for (width, height) in [(1, 1), (256, 256), (600, 200), (200, 900), (3, 2000)] {
            let png = portrait(&written(&halves(width, height), format)).unwrap();

            let picture = read(&png);
            assert_eq!((picture.width(), picture.height()), (SIDE, SIDE), "{format:?} {width}x{height}");
            assert!(chunks(&png).iter().all(|name| ["IHDR", "IDAT", "IEND"].contains(&name.as_str())), "{:?}", chunks(&png));
        }
    }
}

#[test]
fn k14_the_middle_is_kept() {
    let striped = RgbImage::from_fn(900, 300, |x, _| if (300..600).contains(&x) { Rgb([0, 200, 0]) } else { Rgb([255, 0, 0]) });

    let picture = read(&portrait(&written(&DynamicImage::ImageRgb8(striped), ImageFormat::Png)).unwrap()).to_rgb8();

    assert!(picture.pixels().all(|pixel| pixel.0 == [0, 200, 0]));
}

#[test]
fn k14_what_was_see_through_stays_so() {
    let glass = DynamicImage::ImageRgba8(RgbaImage::from_pixel(300, 300, Rgba([10, 20, 30, 0])));

    let picture = read(&portrait(&written(&glass, ImageFormat::WebP)).unwrap());

    assert_eq!(picture.to_rgba8().get_pixel(7, 7).0[3], 0);
}

/// A JPEG whose EXIF part says that the camera was turned by 90 degrees, and where.
fn with_exif() -> Vec<u8> {
    let mut exif = b"MM\x00\x2a\x00\x00\x00\x08\x00\x02".to_vec();
    // Orientation = 6: shown right, it has to be turned clockwise.
    exif.extend(b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00");
    // A reference to the GPS part, whose text is easy to search for.
    exif.extend(b"\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00GPS-52.5200N-13.4050E");
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(halves(320, 320).to_rgb8().as_raw(), 320, 320, image::ExtendedColorType::Rgb8).unwrap();
    jpeg
}

#[test]
fn l04_where_a_photo_was_taken_is_gone_and_it_stands_upright() {
    let jpeg = with_exif();
    assert!(jpeg.windows(4).any(|w| w == b"GPS-"), "the test's photo tells its place");
    let mut decoder = ImageReader::with_format(Cursor::new(&jpeg), ImageFormat::Jpeg).into_decoder().unwrap();
    assert_eq!(decoder.orientation().unwrap(), image::metadata::Orientation::Rotate90);

    let png = portrait(&jpeg).unwrap();

    assert!(!png.windows(4).any(|w| w == b"GPS-" || w == b"eXIf" || w == b"Exif"));
    let picture = read(&png).to_rgb8();
    let (above, below) = (picture.get_pixel(128, 20).0, picture.get_pixel(128, 236).0);
    assert!(above[0] > 150 && above[2] < 100 && below[2] > 150 && below[0] < 100, "{above:?} {below:?}");
}

#[test]
fn l04_what_is_no_photo_is_not_taken() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let cases: [(&str, Vec<u8>); 8] = [
        ("svg", svg),
        ("svg with a head", b"<?xml version='1.0'?><svg/>".to_vec()),
        ("html", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("gif and html", b"GIF89a/*<script>alert(1)</script>*/=1;".to_vec()),
        ("bmp", b"BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00".to_vec()),
        ("tiff", b"II*\x00\x08\x00\x00\x00".to_vec()),
        ("nothing", Vec::new()),
        ("one byte", vec![0x89]),
    ];
    for (what, file) in cases {
        assert_eq!(portrait(&file), Err(PictureFault::Kind), "{what}");
    }
}

#[test]
fn l04_what_hides_behind_a_picture_is_gone() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let mut file = written(&halves(64, 64), format);
        file.extend(b"<html><script>alert(document.domain)</script></html>PK\x03\x04");

        // Refused or read, but never passed on.
        if let Ok(png) = portrait(&file) {
            assert!(!png.windows(7).any(|w| w == b"<script"), "{format:?}");
        }
    }
}

#[test]
fn l04_every_truncation_and_every_flipped_byte_is_survived() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let file = written(&halves(40, 30), format);
        for end in 0..file.len().min(400) {
            let _ = portrait(&file[..end]);
        }
        for at in 0..file.len().min(200) {
            let mut bent = file.clone();
            bent[at] ^= 0xff;
            let _ = portrait(&bent);
        }
        let half = portrait(&file[..file.len() / 2]);
        assert!(format != ImageFormat::Png || half == Err(PictureFault::Broken), "{format:?} {half:?}");
    }
}

/// A PNG whose head promises this many pixels, and nothing behind it.
fn promise(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d".to_vec();
    file.extend(&head);
    file.extend(crc(&head).to_be_bytes());
    file.extend(b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e");
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 });
    !bytes.iter().fold(u32::MAX, step)
}

#[test]
fn l04_a_bomb_is_refused_by_its_head() {
    for (width, height) in [(30_000, 30_000), (8193, 1), (1, 8193), (8000, 8000), (u32::MAX >> 1, u32::MAX >> 1)] {
        assert_eq!(portrait(&promise(width, height)), Err(PictureFault::TooLarge), "{width}x{height}");
    }
    assert_eq!(portrait(&promise(100, 100)), Err(PictureFault::Broken));
    assert_eq!(portrait(&vec![0x89; super::LARGEST_FILE + 1]), Err(PictureFault::TooLarge));
}

#[tokio::test]
async fn more_uploads_than_places_are_turned_away_at_once() {
    let studio = Studio::new(1, 2);
    let (first, second) = (studio.enter().unwrap(), studio.enter().unwrap());

    assert!(studio.enter().is_err());
    assert!(first.portrait(written(&halves(9, 9), ImageFormat::Png)).await.is_ok());
    assert!(studio.enter().is_ok(), "the place is free again");
    drop(second);
}

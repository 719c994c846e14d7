use bookend_config::spec::{Colour, House, SoundLayout};
use bookend_units::{FrameRate, Raster};

use super::*;

fn spec() -> OutletSpec {
    let raster = Raster { width: 1920, height: 1080 };
    let house = House { raster, rate: FrameRate::of(25, 1), sound: SoundLayout::Stereo, colour: Colour::Bt709 };
    bookend_config::outlet("preview-360p").unwrap().resolve(&house).unwrap()
}

fn destination(folder: &Path, force: bool) -> (Destination, Names) {
    let destination = Destination { folder: folder.to_owned(), force };
    let names = destination.names("e", &spec(), true);
    (destination, names)
}

/// A report that names the file.
fn report(names: &Names, file: &str) {
    let text = include_str!("report.json").replace("FILE", file);
    fs::write(&names.report, text).unwrap();
}

#[test]
fn files_are_named_by_episode_and_outlet() {
    let (destination, names) = destination(Path::new("out"), false);
    assert_eq!(names.media, Path::new("out/e-preview-360p.mp4"));
    assert_eq!(names.report, Path::new("out/e-preview-360p.report.json"));
    assert_eq!(names.page, Path::new("out/e-preview-360p.report.html"));
    assert_eq!(destination.names("e", &spec(), false).media, Path::new("out/failed/e-preview-360p.mp4"));
}

#[tokio::test]
async fn somebody_else_s_file_is_refused_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let (careful, names) = destination(folder.path(), false);
    careful.check(std::slice::from_ref(&names), &[]).await.unwrap();
    fs::write(&names.media, "theirs").unwrap();
    let error = careful.check(std::slice::from_ref(&names), &[]).await.unwrap_err();
    assert!(matches!(&error, SchedulerError::InTheWay { paths } if *paths == [names.media.clone()]), "{error}");
    let (forced, _) = destination(folder.path(), true);
    forced.check(std::slice::from_ref(&names), &[]).await.unwrap();
    fs::write(&names.report, "{\"not\": \"ours\"}").unwrap();
    let error = careful.check(std::slice::from_ref(&names), &[]).await.unwrap_err();
    assert!(matches!(&error, SchedulerError::InTheWay { paths } if paths.len() == 2), "{error}");
}

#[tokio::test]
async fn what_an_earlier_report_names_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (careful, names) = destination(folder.path(), false);
    fs::write(&names.media, "ours").unwrap();
    fs::write(&names.page, "ours").unwrap();
    report(&names, "e-preview-360p.mp4");
    assert!(names.earlier_report().is_some(), "the sample is a report");
    careful.check(std::slice::from_ref(&names), &[]).await.unwrap();
    report(&names, "another.mp4");
    assert!(careful.check(std::slice::from_ref(&names), &[]).await.is_err(), "it names another file");
}

#[tokio::test]
async fn what_a_hand_over_cut_short_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (careful, names) = destination(folder.path(), false);
    fs::write(&names.media, "made").unwrap();
    fs::write(&names.page, "page").unwrap();
    let content = [Some((Digest::of(b"made"), 4))];
    careful.check(std::slice::from_ref(&names), &content).await.unwrap();
    fs::write(&names.media, "them").unwrap();
    assert!(careful.check(std::slice::from_ref(&names), &content).await.is_err());
}

#[tokio::test]
async fn a_file_in_the_folder_s_place_is_a_wrong_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    fs::write(&path, "").unwrap();
    let (careful, names) = destination(&path, true);
    let error = careful.check(&[names], &[]).await.unwrap_err();
    assert!(matches!(error, SchedulerError::Request { .. }), "{error}");
}

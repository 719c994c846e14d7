//! How fast a large file goes to a store on S3 and back, beside plain loops of the SDK on the same Garage.
//!
//! `cargo run --release -p bookend-store --example s3_speed [MiB]`; without a number, 1024. Ours digests, checks, and
//! leaves nothing behind; the loops do none of it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for a person at a terminal")]

mod plain;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use bookend_services::garage::{ACCESS_KEY, BUCKET, Garage, REGION, SECRET_KEY};
use bookend_store::{Name, S3Location, S3Store, Store, digest_file};

const MIB: u64 = 1024 * 1024;
/// Each way is taken so often, all in turn, and its best counts.
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    let mib = std::env::args().nth(1).map_or(1_024, |mib| mib.parse().expect("a number of MiB"));
    let garage = Garage::start();
    let url = format!("s3://{BUCKET}/speed?endpoint={}&region={REGION}", garage.endpoint());
    let store = S3Store::open_with_key(&S3Location::parse(&url).unwrap(), ACCESS_KEY, SECRET_KEY).await.unwrap();
    let loops = plain::Loops::new(&garage.endpoint());
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write_noise(&from, mib);
    let name = Name::parse("object").unwrap();
    let expected = digest_file(&from).await.unwrap();

    let mut best = [0_f64; 6];
    for _ in 0..ROUNDS {
        let mut timed = |way: usize, started: Instant| {
            let mib_s = mib as f64 / started.elapsed().as_secs_f64();
            best[way] = best[way].max(mib_s);
        };
        let started = Instant::now();
        store.put_file(&name, &from, Some(&expected)).await.unwrap();
        timed(0, started);
        let started = Instant::now();
        loops.put_in_one("speed/one", &from).await;
        timed(1, started);
        let started = Instant::now();
        loops.put_in_parts("speed/parts", &from).await;
        timed(2, started);
        let started = Instant::now();
        store.fetch_file(&name, &to, &expected).await.unwrap();
        timed(3, started);
        let started = Instant::now();
        loops.get_in_one("speed/object", &to).await;
        timed(4, started);
        let started = Instant::now();
        loops.get_in_ranges("speed/object", &to, mib * MIB).await;
        timed(5, started);
    }
    let [put, put_one, put_parts, get, get_one, get_ranges] = best;
    println!("{mib} MiB, best of {ROUNDS}, MiB/s");
    println!("put: ours {put:.0}, SDK in one {put_one:.0}, SDK in parts {put_parts:.0}");
    println!("get: ours {get:.0}, SDK in one {get_one:.0}, SDK in ranges {get_ranges:.0}");
    println!(
        "ours to the SDK's best: put {:.2}, get {:.2}",
        put / put_one.max(put_parts),
        get / get_one.max(get_ranges)
    );
}

/// Bytes that no store makes smaller.
fn write_noise(path: &Path, mib: u64) {
    let mut file = fs::File::create(path).unwrap();
    let mut state = 1_u64;
    let mut block = vec![0; MIB as usize];
    for _ in 0..mib {
        for eight in block.chunks_exact_mut(8) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            eight.copy_from_slice(&state.to_be_bytes());
        }
        file.write_all(&block).unwrap();
    }
}

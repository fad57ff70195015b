//! A word that two instances hear: told on one, heard by every listener of the other, beside Redis's own `PUBLISH` to as
//! many subscribers. Both wait for one `PUBLISH` before the next, and for the last listener before the next burst.
use std::time::Instant;

use futures_util::StreamExt;
use palm::platform::fan_out::FanOut;
use redis::AsyncCommands;
use tokio::runtime::Builder;

use crate::{Line, rounds};

/// Sockets in the rooms of one instance that hear the same word
const LISTENERS: usize = 100;
/// Fewer than what is kept for a Redis that is slow
const BURST: usize = 500;
const BURSTS: usize = 10;
const WORD: &str = r#"{"booking_id":"01890000-0000-7000-8000-000000000000","seq":1}"#;

/// Words a second, each heard by all.
pub fn run() -> Vec<Line> {
    let url = std::env::var("PALM_BENCH_REDIS").expect("PALM_BENCH_REDIS: run by scripts/bench.sh");
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = redis::Client::open(url).unwrap();
    let (floor, ours) = rounds(
        |_| runtime.block_on(bare(&client)),
        |round| runtime.block_on(through_the_house(&client, &format!("bench{round}"))),
    );
    vec![Line {
        what: "a word heard by 100 on the other instance / redis PUBLISH to 100",
        ours,
        floor,
        unit: "words/s",
        more: true,
    }]
}

async fn bare(client: &redis::Client) -> f64 {
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        let mut link = client.get_async_pubsub().await.unwrap();
        link.subscribe("palm:bench:bare").await.unwrap();
        listeners.push(link);
    }
    let mut publisher = client.get_connection_manager().await.unwrap();
    let begun = Instant::now();
    for _ in 0..BURSTS {
        let hear = async {
            for link in &mut listeners {
                let heard = link.on_message().take(BURST).count().await;
                assert_eq!(heard, BURST);
            }
        };
        let tell = async {
            for _ in 0..BURST {
                let _: i64 = publisher.publish("palm:bench:bare", WORD).await.unwrap();
            }
        };
        tokio::join!(hear, tell);
    }
    rate(begun)
}

async fn through_the_house(client: &redis::Client, installation: &str) -> f64 {
    let here = FanOut::shared(client.clone(), client.get_connection_manager().await.unwrap(), installation);
    let there = FanOut::shared(client.clone(), client.get_connection_manager().await.unwrap(), installation);
    let mut listeners: Vec<_> = (0..LISTENERS).map(|_| there.subscribe("bench")).collect();
    // It is joined once a word has come through; what was told before is not owed.
    let mut joined = there.subscribe("joined");
    while joined.is_empty() {
        here.publish("joined", "").await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    joined.recv().await.unwrap();
    let begun = Instant::now();
    for _ in 0..BURSTS {
        for _ in 0..BURST {
            here.publish("bench", WORD).await;
        }
        for listener in &mut listeners {
            for _ in 0..BURST {
                assert_eq!(&*listener.recv().await.unwrap(), WORD);
            }
        }
    }
    rate(begun)
}

fn rate(begun: Instant) -> f64 {
    f64::from(u32::try_from(BURST * BURSTS).unwrap()) / begun.elapsed().as_secs_f64()
}

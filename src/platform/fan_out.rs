//! Tells every instance that something happened. A hint, not a record: who must not miss anything reads the tables.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use redis::AsyncCommands;
use tokio::sync::{broadcast, mpsc};

const BACKLOG: usize = 1024;

/// Topics with their listeners in this process, joined to other instances by Redis when it is there.
#[derive(Clone)]
pub struct FanOut {
    topics: Arc<Mutex<HashMap<String, broadcast::Sender<Arc<str>>>>>,
    /// Towards Redis; whoever publishes never waits for it
    far: Option<mpsc::Sender<(String, String)>>,
    /// What the channels in Redis begin with
    prefix: Arc<str>,
    /// Marks our own messages, which Redis gives back to us.
    instance: Arc<str>,
}

impl FanOut {
    /// Alone in this process.
    pub fn local() -> Self {
        Self {
            topics: Arc::default(),
            far: None,
            prefix: "".into(),
            instance: crate::platform::id::fresh().into(),
        }
    }

    /// Joined to other instances; keeps trying when Redis is away, and works alone meanwhile.
    pub fn shared(client: redis::Client, redis: redis::aio::ConnectionManager, installation: &str) -> Self {
        let (far, queue) = mpsc::channel(BACKLOG);
        let fan_out =
            Self { far: Some(far), prefix: format!("palm:{installation}:told:").into(), ..Self::local() };
        tokio::spawn(carry(queue, redis));
        tokio::spawn(fan_out.clone().follow(client));
        fan_out
    }

    pub fn subscribe(&self, topic: &str) -> broadcast::Receiver<Arc<str>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Rooms come and go: forget those that nobody hears.
        if topics.len() > BACKLOG {
            topics.retain(|_, sender| sender.receiver_count() > 0);
        }
        topics.entry(topic.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Heard by every listener of `topic` on every instance that Redis reaches, and always by those here.
    pub async fn publish(&self, topic: &str, payload: &str) {
        self.tell_here(topic, payload);
        if let Some(far) = &self.far {
            // A full queue means that Redis is away: the hint is lost, what it hints at stands in the tables.
            let _ =
                far.try_send((format!("{}{topic}", self.prefix), format!("{}\n{payload}", self.instance)));
        }
    }

    fn tell_here(&self, topic: &str, payload: &str) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            let _ = sender.send(payload.into());
        }
    }

    async fn follow(self, client: redis::Client) {
        loop {
            if let Ok(mut link) = client.get_async_pubsub().await
                && link.psubscribe(format!("{}*", self.prefix)).await.is_ok()
            {
                let mut heard = link.on_message();
                while let Some(message) = heard.next().await {
                    let Ok(marked) = message.get_payload::<String>() else { continue };
                    let Some((instance, payload)) = marked.split_once('\n') else { continue };
                    if instance != &*self.instance {
                        self.tell_here(message.get_channel_name().trim_start_matches(&*self.prefix), payload);
                    }
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// In the order in which they were published.
async fn carry(mut queue: mpsc::Receiver<(String, String)>, mut redis: redis::aio::ConnectionManager) {
    while let Some((channel, payload)) = queue.recv().await {
        let _: redis::RedisResult<i64> = redis.publish(channel, payload).await;
    }
}

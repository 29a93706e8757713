//! A service of all four kinds of calls, which does what it is asked and tells what it saw.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::server::{Grpc as Server, NamedService};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// What a caller wants.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Ask {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
    /// Answers of a server stream.
    #[prost(uint32, tag = "2")]
    pub(crate) answers: u32,
    /// Before each answer.
    #[prost(uint64, tag = "3")]
    pub(crate) delay_ms: u64,
    /// The status at the end.
    #[prost(int32, tag = "4")]
    pub(crate) code: i32,
    /// Bytes of payload in the answer.
    #[prost(uint32, tag = "5")]
    pub(crate) size: u32,
    /// Attempts and cancellations are counted by this name.
    #[prost(string, tag = "6")]
    pub(crate) key: String,
    /// How many attempts end with `code`; 0 for all.
    #[prost(uint32, tag = "7")]
    pub(crate) failures: u32,
    #[prost(bytes = "bytes", tag = "8")]
    pub(crate) payload: bytes::Bytes,
}

/// What the callee saw and did.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Answer {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
    #[prost(string, tag = "2")]
    pub(crate) app: String,
    #[prost(uint32, tag = "3")]
    pub(crate) attempt: u32,
    #[prost(message, repeated, tag = "4")]
    pub(crate) metadata: Vec<Pair>,
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) payload: bytes::Bytes,
}

/// One metadata entry; a binary one is decoded.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Pair {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

impl Answer {
    /// The values of a metadata name that the callee saw.
    pub(crate) fn seen(&self, name: &str) -> Vec<String> {
        let values = self.metadata.iter().filter(|pair| pair.name == name);
        values.map(|pair| String::from_utf8_lossy(&pair.value).into_owned()).collect()
    }
}

fn pairs(metadata: &MetadataMap) -> Vec<Pair> {
    let pair = |name: &str, value: &[u8]| Pair { name: name.to_owned(), value: value.to_vec() };
    let pairs = metadata.iter().map(|entry| match entry {
        KeyAndValueRef::Ascii(name, value) => pair(name.as_str(), value.as_bytes()),
        KeyAndValueRef::Binary(name, value) => pair(name.as_str(), &value.to_bytes().unwrap_or_default()),
    });
    pairs.collect()
}

/// What an app counts of its calls.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    attempts: Mutex<HashMap<String, u32>>,
    cancelled: Mutex<HashMap<String, u32>>,
}

impl Counts {
    pub(crate) fn attempts(&self, key: &str) -> u32 {
        self.attempts.lock().unwrap().get(key).copied().unwrap_or_default()
    }

    pub(crate) fn cancelled(&self, key: &str) -> u32 {
        self.cancelled.lock().unwrap().get(key).copied().unwrap_or_default()
    }
}

/// Notices when a call ends before it is done.
struct Guard {
    counts: Arc<Counts>,
    key: String,
    done: bool,
}

impl Guard {
    /// The call has come to its end.
    fn finish(mut self) {
        self.done = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            *self.counts.cancelled.lock().unwrap().entry(std::mem::take(&mut self.key)).or_default() += 1;
        }
    }
}

/// The service of one app.
#[derive(Debug, Clone)]
pub(crate) struct Echo {
    pub(crate) app: String,
    pub(crate) counts: Arc<Counts>,
}

type Answers = Pin<Box<dyn Stream<Item = Result<Answer, Status>> + Send>>;

impl Echo {
    fn attempt(&self, ask: &Ask) -> (u32, Guard) {
        let mut attempts = self.counts.attempts.lock().unwrap();
        let attempt = attempts.entry(ask.key.clone()).or_default();
        *attempt += 1;
        let guard = Guard { counts: Arc::clone(&self.counts), key: ask.key.clone(), done: false };
        (*attempt, guard)
    }

    fn answer(&self, ask: &Ask, attempt: u32, metadata: Vec<Pair>) -> Answer {
        let payload = vec![b'x'; ask.size as usize].into();
        Answer { text: ask.text.clone(), app: self.app.clone(), attempt, metadata, payload }
    }

    async fn unary(self, request: Request<Ask>) -> Result<Response<Answer>, Status> {
        let metadata = pairs(request.metadata());
        let ask = request.into_inner();
        let (attempt, guard) = self.attempt(&ask);
        tokio::time::sleep(Duration::from_millis(ask.delay_ms)).await;
        guard.finish();
        if let Some(status) = failure(&ask, attempt) {
            return Err(status);
        }
        Ok(with_initial(self.answer(&ask, attempt, metadata)))
    }

    fn server_stream(self, request: Request<Ask>) -> Answers {
        let metadata = pairs(request.metadata());
        let ask = request.into_inner();
        let (attempt, guard) = self.attempt(&ask);
        async_stream(move |sender| async move {
            for _ in 0..ask.answers {
                tokio::time::sleep(Duration::from_millis(ask.delay_ms)).await;
                if sender.send(Ok(self.answer(&ask, attempt, metadata.clone()))).await.is_err() {
                    return;
                }
            }
            guard.finish();
            if let Some(status) = failure(&ask, attempt) {
                let _ = sender.send(Err(status)).await;
            }
        })
    }

    async fn client_stream(self, request: Request<Streaming<Ask>>) -> Result<Response<Answer>, Status> {
        let metadata = pairs(request.metadata());
        let mut asks = request.into_inner();
        let (mut texts, mut last) = (Vec::new(), Ask::default());
        while let Some(ask) = asks.next().await {
            last = ask?;
            texts.push(last.text.clone());
        }
        let (attempt, guard) = self.attempt(&last);
        guard.finish();
        let joined = Ask { text: texts.join(","), ..last.clone() };
        match failure(&last, attempt) {
            Some(status) => Err(status),
            None => Ok(with_initial(self.answer(&joined, attempt, metadata))),
        }
    }

    fn bidi(self, request: Request<Streaming<Ask>>) -> Answers {
        let metadata = pairs(request.metadata());
        let mut asks = request.into_inner();
        async_stream(move |sender| async move {
            let mut first = None;
            while let Some(Ok(ask)) = asks.next().await {
                let (attempt, guard) = self.attempt(&ask);
                // The first message's guard stands for the whole stream.
                if first.is_none() {
                    first = Some(guard);
                } else {
                    guard.finish();
                }
                if sender.send(Ok(self.answer(&ask, attempt, metadata.clone()))).await.is_err() {
                    return;
                }
                if let Some(status) = failure(&ask, attempt) {
                    let _ = sender.send(Err(status)).await;
                }
            }
            if let Some(guard) = first {
                guard.finish();
            }
        })
    }
}

/// A stream fed by a task that ends when nobody listens.
fn async_stream<F, R>(produce: F) -> Answers
where
    F: FnOnce(tokio::sync::mpsc::Sender<Result<Answer, Status>>) -> R,
    R: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let gone = sender.clone();
    let producing = produce(sender);
    tokio::spawn(async move {
        tokio::select! {
            () = producing => {}
            () = gone.closed() => {}
        }
    });
    Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
}

fn with_initial<T>(body: T) -> Response<T> {
    let mut response = Response::new(body);
    response.metadata_mut().insert("x-initial", "first".parse().unwrap());
    response
        .metadata_mut()
        .insert_bin("x-initial-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 255]));
    response
}

/// What a failing callee says besides the code.
pub(crate) const FAILURE: &str = "asked to fail: ünïcödé %";

fn failure(ask: &Ask, attempt: u32) -> Option<Status> {
    let fails = ask.code != 0 && (ask.failures == 0 || attempt <= ask.failures);
    fails.then(|| {
        let mut metadata = MetadataMap::new();
        metadata.insert("x-attempt", attempt.into());
        metadata.insert_bin("x-trailer-bin", tonic::metadata::MetadataValue::from_bytes(&[1, 254]));
        let details = bytes::Bytes::from_static(b"\x0a\x03abc\xff");
        Status::with_details_and_metadata(Code::from(ask.code), FAILURE, details, metadata)
    })
}

impl NamedService for Echo {
    const NAME: &'static str = "conformance.v1.Echo";
}

/// More than a sidecar passes, so that it is the sidecar that refuses.
const LIMIT: usize = 16 * 1024 * 1024;

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = Server::new(ProstCodec::<Answer, Ask>::default())
                .max_decoding_message_size(LIMIT)
                .max_encoding_message_size(LIMIT);
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match method.as_str() {
                "Unary" | "Other" => grpc.unary(service_fn(move |it| echo.clone().unary(it)), request).await,
                "ServerStream" => {
                    let answers = move |ask| ready(Ok(with_initial(echo.clone().server_stream(ask))));
                    grpc.server_streaming(service_fn(answers), request).await
                }
                "ClientStream" => {
                    grpc.client_streaming(service_fn(move |it| echo.clone().client_stream(it)), request).await
                }
                "Bidi" => {
                    let answers = move |asks| ready(Ok(with_initial(echo.clone().bidi(asks))));
                    grpc.streaming(service_fn(answers), request).await
                }
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

/// A client of the service, through a sidecar.
#[derive(Debug, Clone)]
pub(crate) struct EchoClient {
    pub(crate) channel: Channel,
}

impl EchoClient {
    async fn ready(&self) -> Result<Client<Channel>, Status> {
        let mut client = Client::new(self.channel.clone())
            .max_decoding_message_size(LIMIT)
            .max_encoding_message_size(LIMIT);
        client.ready().await.map_err(|error| Status::from_error(error.into()))?;
        Ok(client)
    }

    /// A call of any unary method, by its path.
    pub(crate) async fn call(
        &self,
        path: &'static str,
        request: Request<Ask>,
    ) -> Result<Response<Answer>, Status> {
        let path = PathAndQuery::from_static(path);
        self.ready().await?.unary(request, path, ProstCodec::default()).await
    }

    pub(crate) async fn unary(&self, request: Request<Ask>) -> Result<Response<Answer>, Status> {
        self.call("/conformance.v1.Echo/Unary", request).await
    }

    pub(crate) async fn server_stream(
        &self,
        request: Request<Ask>,
    ) -> Result<Response<Streaming<Answer>>, Status> {
        let path = PathAndQuery::from_static("/conformance.v1.Echo/ServerStream");
        self.ready().await?.server_streaming(request, path, ProstCodec::default()).await
    }

    pub(crate) async fn client_stream(
        &self,
        request: Request<impl Stream<Item = Ask> + Send + 'static>,
    ) -> Result<Response<Answer>, Status> {
        let path = PathAndQuery::from_static("/conformance.v1.Echo/ClientStream");
        self.ready().await?.client_streaming(request, path, ProstCodec::default()).await
    }

    pub(crate) async fn bidi(
        &self,
        request: Request<impl Stream<Item = Ask> + Send + 'static>,
    ) -> Result<Response<Streaming<Answer>>, Status> {
        let path = PathAndQuery::from_static("/conformance.v1.Echo/Bidi");
        self.ready().await?.streaming(request, path, ProstCodec::default()).await
    }
}

/// A request with metadata.
pub(crate) fn request<T>(body: T, metadata: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(body);
    for (name, value) in metadata {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

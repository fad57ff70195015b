//! Tencent 电子签 (ESS, 2020-11-11): verifies the TC3 signature itself, keeps flows, and seals its callbacks.

use std::collections::BTreeMap;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::Asked;
use crate::sms::{Signer, error, response};

struct Approver {
    name: String,
    mobile: String,
    /// `ApproveStatus`: 2 waits, 3 has signed, 4 has refused.
    status: i64,
}

struct Flow {
    /// In the order of signing, unless `unordered`
    approvers: Vec<Approver>,
    unordered: bool,
    /// Unix seconds
    deadline: Option<i64>,
    file: Vec<u8>,
    /// `FlowStatus`
    status: i64,
}

impl Flow {
    fn is_open(&self) -> bool {
        matches!(self.status, 1 | 2)
    }

    /// Whose turn it is among `approvers`, when it is this person's.
    fn turn_of(&self, mobile: &str) -> Option<usize> {
        let waits = |one: &Approver| one.status == 2;
        let place = self.approvers.iter().position(|one| one.mobile == mobile && waits(one))?;
        let first = self.approvers.iter().position(waits)?;
        (self.unordered || place == first).then_some(place)
    }
}

pub struct Ess {
    signer: Signer,
    token: String,
    key: String,
    files: BTreeMap<String, Vec<u8>>,
    flows: BTreeMap<String, Flow>,
}

/// What a person does in the service's own mini-program.
#[derive(Deserialize)]
pub struct Move {
    flow_id: String,
    mobile: String,
    /// `sign` or `reject`
    act: String,
}

/// Why a person could not do so.
pub enum Hindrance {
    NoFlow,
    /// The flow has ended, the person is not of it, or another comes first
    NotNow,
}

/// The callback that follows, as it would be sent.
#[derive(Serialize)]
pub struct Sent {
    body: String,
    signature: String,
}

impl Ess {
    pub fn new(signer: Signer, token: String, key: String) -> Self {
        Self { signer, token, key, files: BTreeMap::new(), flows: BTreeMap::new() }
    }

    pub fn answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Value {
        let late = |flow: &Flow| flow.is_open() && flow.deadline.is_some_and(|end| end <= now.timestamp());
        self.flows.values_mut().filter(|flow| late(flow)).for_each(|flow| flow.status = 5);
        match self.checked(asked, now).and_then(|body| self.act(asked, &body, now)) {
            Ok(answer) => response(answer),
            Err(code) => error(code),
        }
    }

    fn checked(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, &'static str> {
        self.signer.verify(asked, now, "ess")?;
        if asked.header("x-tc-version") != "2020-11-11" {
            return Err("NoSuchVersion");
        }
        serde_json::from_slice(asked.body).map_err(|_| "InvalidParameter")
    }

    fn act(&mut self, asked: &Asked<'_>, body: &Value, now: DateTime<Utc>) -> Result<Value, &'static str> {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let operator = text("/Operator/UserId").or(text("/Caller/OperatorId"));
        if operator.is_none_or(str::is_empty) {
            return Err("MissingParameter.UserId");
        }
        match asked.header("x-tc-action") {
            "UploadFiles" => {
                let file = text("/FileInfos/0/FileBody").and_then(|file| STANDARD.decode(file).ok());
                let file =
                    file.filter(|file| file.starts_with(b"%PDF-")).ok_or("InvalidParameter.FileType")?;
                let id = fresh();
                self.files.insert(id.clone(), file);
                Ok(json!({ "FileIds": [id], "TotalCount": 1 }))
            }
            "CreateFlowByFiles" => self.create(body, now),
            "CreateSchemeUrl" => {
                let (flow, mobile) = (self.flow(text("/FlowId"))?, text("/Mobile").unwrap_or_default());
                if !flow.approvers.iter().any(|one| one.mobile == mobile) {
                    return Err("ResourceNotFound.Approver");
                }
                let id = text("/FlowId").unwrap_or_default();
                Ok(
                    json!({ "SchemeUrl": format!("pages/guide?from=default&where=mini&to=CONTRACT_DETAIL&id={id}&shortKey=standin") }),
                )
            }
            "DescribeFlowInfo" => {
                let flow = self.flow(text("/FlowIds/0"))?;
                let one = |(n, a): (usize, &Approver)| json!({ "ApproveName": a.name, "Mobile": a.mobile, "ApproveStatus": a.status, "SignOrder": n });
                // Nothing promises that they come in the order in which they were given.
                let approvers: Vec<Value> = flow.approvers.iter().enumerate().rev().map(one).collect();
                Ok(
                    json!({ "FlowDetailInfos": [{ "FlowId": text("/FlowIds/0"), "FlowStatus": flow.status, "FlowApproverInfos": approvers }] }),
                )
            }
            "DescribeFileUrls" => {
                self.flow(text("/BusinessIds/0"))?;
                let url = format!(
                    "http://{}/ess/files/{}",
                    asked.header("host"),
                    text("/BusinessIds/0").unwrap_or_default()
                );
                Ok(json!({ "FileUrls": [{ "Url": url }], "TotalCount": 1 }))
            }
            "CancelFlow" => {
                let id = text("/FlowId").unwrap_or_default().to_owned();
                let flow = self.flows.get_mut(&id).ok_or("ResourceNotFound.Flow")?;
                if !flow.is_open() {
                    return Err("OperationDenied");
                }
                flow.status = 6;
                Ok(json!({}))
            }
            _ => Err("InvalidAction"),
        }
    }

    fn create(&mut self, body: &Value, now: DateTime<Utc>) -> Result<Value, &'static str> {
        let file = body.pointer("/FileIds/0").and_then(Value::as_str).unwrap_or_default();
        let file = self.files.get(file).cloned().ok_or("ResourceNotFound.File")?;
        let people = body.get("Approvers").and_then(Value::as_array).ok_or("MissingParameter.Approvers")?;
        let approvers: Vec<Approver> = people
            .iter()
            .filter_map(|one| {
                let text = |key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
                Some(Approver { name: text("ApproverName")?, mobile: text("ApproverMobile")?, status: 2 })
            })
            .collect();
        if approvers.is_empty() || approvers.len() != people.len() || approvers.len() > 50 {
            return Err("InvalidParameter.Approvers");
        }
        let unordered = body.get("Unordered").and_then(Value::as_bool).unwrap_or(false);
        let deadline = body.get("Deadline").and_then(Value::as_i64);
        if deadline.is_some_and(|end| end <= now.timestamp()) {
            return Err("InvalidParameter.Deadline");
        }
        let id = fresh();
        self.flows.insert(id.clone(), Flow { approvers, unordered, deadline, file, status: 1 });
        Ok(json!({ "FlowId": id }))
    }

    fn flow(&self, id: Option<&str>) -> Result<&Flow, &'static str> {
        id.and_then(|id| self.flows.get(id)).ok_or("ResourceNotFound.Flow")
    }

    /// A person signs or refuses, in turn; gives the callback that follows.
    pub fn make(&mut self, step: &Move) -> Result<Sent, Hindrance> {
        let flow = self.flows.get_mut(&step.flow_id).ok_or(Hindrance::NoFlow)?;
        let place = flow.turn_of(&step.mobile).filter(|_| flow.is_open()).ok_or(Hindrance::NotNow)?;
        if let Some(one) = flow.approvers.get_mut(place) {
            one.status = if step.act == "reject" { 4 } else { 3 };
        }
        flow.status = match (step.act.as_str(), flow.approvers.iter().all(|one| one.status == 3)) {
            ("reject", _) => 3,
            (_, true) => 4,
            _ => 2,
        };
        let operate = if flow.status == 4 { "finish" } else { &step.act };
        let message = json!({
            "MsgId": fresh(), "MsgType": "FlowStatusChange", "MsgVersion": "ess_v1",
            "MsgData": { "FlowId": step.flow_id, "FlowCallbackStatus": flow.status, "Operate": operate },
        });
        self.sealed(&message).ok_or(Hindrance::NoFlow)
    }

    fn sealed(&self, message: &Value) -> Option<Sent> {
        let key = UnboundCipherKey::new(&AES_256, self.key.as_bytes()).ok()?;
        let iv: [u8; 16] = self.key.as_bytes().get(..16)?.try_into().ok()?;
        let mut bytes = message.to_string().into_bytes();
        let sealing = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
        sealing.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into())).ok()?;
        let body = json!({ "encrypt": STANDARD.encode(bytes) }).to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.token.as_bytes()).ok()?;
        mac.update(body.as_bytes());
        Some(Sent { signature: format!("sha256={}", hex::encode(mac.finalize().into_bytes())), body })
    }

    /// What was uploaded for a flow that all have signed.
    pub fn file(&self, flow: &str) -> Option<&[u8]> {
        self.flows.get(flow).filter(|flow| flow.status == 4).map(|flow| flow.file.as_slice())
    }

    /// What was uploaded for some other flow.
    pub fn file_of_another(&self, flow: &str) -> Option<&[u8]> {
        self.flows.iter().find(|(id, _)| *id != flow).map(|(_, flow)| flow.file.as_slice())
    }

    /// Every flow that was begun, with the mobiles of those whose turn it is; for a test to find them.
    pub fn open(&self) -> Vec<Value> {
        let one = |(id, flow): (&String, &Flow)| {
            let due: Vec<&str> = flow
                .approvers
                .iter()
                .map(|a| a.mobile.as_str())
                .filter(|a| flow.is_open() && flow.turn_of(a).is_some())
                .collect();
            json!({ "flow_id": id, "turn": due, "status": flow.status, "deadline": flow.deadline, "unordered": flow.unordered })
        };
        self.flows.iter().map(one).collect()
    }
}

fn fresh() -> String {
    format!("yDw{:029}", rand::random::<u64>())
}

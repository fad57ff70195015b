#!/usr/bin/env bash
# From a fresh machine with Rust and Node to a running platform with demo data.
. "$(dirname "$0")/env.sh"
need_toolchains
node_modules fonts
node_modules miniprogram
browser_build
say "building the program (the first time takes about ten minutes)"
cargo build --quiet --bins

export PALM_STANDINS_BIND="${PALM_STANDINS_BIND:-127.0.0.1:8089}"
export PALM_DEMO=true
export PALM_SMS_SECRET_ID=standin-sms-id PALM_SMS_SECRET_KEY=standin-sms-key PALM_SMS_APP_ID=1400000000 PALM_SMS_TEMPLATE=1 PALM_SMS_NOTICE_TEMPLATE=2 PALM_SMS_NOTICE_LINKS=true
export PALM_SMS_SIGN_NAME=demo PALM_SMS_URL="http://$PALM_STANDINS_BIND"
export PALM_STANDINS_SMTP_BIND="${PALM_STANDINS_SMTP_BIND:-127.0.0.1:8025}" PALM_SMTP_FROM=talks@palm.example PALM_SMTP_URL="smtp://${PALM_STANDINS_SMTP_BIND:-127.0.0.1:8025}"
export PALM_MEETING_SECRET_ID=standin-meeting-id PALM_MEETING_SECRET_KEY=standin-meeting-key PALM_MEETING_APP_ID=standin-enterprise
export PALM_MEETING_USER_ID=standin-host PALM_MEETING_URL="http://$PALM_STANDINS_BIND"
export PALM_LIVEKIT_URL="http://$PALM_STANDINS_BIND" PALM_LIVEKIT_API_KEY=standin-livekit PALM_LIVEKIT_API_SECRET=standin-livekit-secret
export PALM_LIVEKIT_PAGE_URL="http://$PALM_STANDINS_BIND/livekit/page" PALM_STANDINS_LIVEKIT_WEBHOOK="http://${PALM_BIND:-127.0.0.1:8080}/callbacks/livekit"
export PALM_WECHAT_APP_ID=wxstandin00000001 PALM_WECHAT_APP_SECRET=standin-secret PALM_WECHAT_URL="http://$PALM_STANDINS_BIND" PALM_WECHAT_FACE_CHECK=true
export PALM_WECHAT_TALK_TEMPLATE=standin-long-thing1-time2 PALM_WECHAT_LEAD_TEMPLATE=standin-long-thing1-character_string2-thing3 PALM_WECHAT_DIGEST_TEMPLATE=standin-long-number1-thing2-time3
export PALM_WECHAT_PUSH_TOKEN=standinpush PALM_WECHAT_PUSH_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
export PALM_STANDINS_PUSH_URL="http://${PALM_BIND:-127.0.0.1:8080}/wechat/push"
export PALM_STANDINS_PUSH_TOKEN=$PALM_WECHAT_PUSH_TOKEN PALM_STANDINS_PUSH_KEY=$PALM_WECHAT_PUSH_KEY

"$STANDINS" & standins=$!
trap 'kill "$standins" 2> /dev/null || true' EXIT
"$PALM" demo
"$PALM" serve

/** One's part in the video call of a room: devices, the mesh, mute and camera, a shared screen, how the network does. */
import { computed, ref, shallowRef, watch } from 'vue'
import { told } from '@/composables'
import { t } from '@/i18n'
import { closeDevices, enable, has, openScreen } from '@/platform/call/devices'
import { Mesh, type Remote, type Signal } from '@/platform/call/mesh'
import { count, judge, type Counts, type Quality } from '@/platform/call/quality'

export type Role = 'host' | 'speaker' | 'listener' | 'waiting'
export interface Peer {
  peer_id: string
  person_id: string
  name: string
  side: 'host' | 'investor' | 'guest'
  role: Role
  hand: boolean
  media?: { audio: boolean; video: boolean; joined: boolean; screen: boolean } | null
}
export const MOST = 4
/** Between two looks at the network. */
const LOOK = 3000

/** A signal that came too late, or too early; the link is tried again by itself. */
const IN_PASSING = ['talk.peer_gone', 'talk.listens_only', 'talk.in_lobby']

const inCall = (p: Peer) => !!p.media?.joined

export function useCall(send: (frame: unknown) => unknown) {
  const myPeer = ref('')
  const role = ref<Role>('speaker')
  const peers = ref<Peer[]>([])
  const joined = ref(false)
  const audio = ref(true)
  const video = ref(true)
  const stream = shallowRef<MediaStream>()
  const screen = shallowRef<MediaStream>()
  const remotes = shallowRef<Remote[]>([])
  const qualities = shallowRef(new Map<string, Quality>())
  let mesh: Mesh | undefined
  let ice: RTCIceServer[] = []
  let looking: ReturnType<typeof setInterval> | undefined
  let counted = new Map<string, Counts>()

  const listens = computed(() => role.value === 'listener')
  const hand = computed(() => !!peers.value.find((p) => p.peer_id === myPeer.value)?.hand)
  const others = computed(() => peers.value.filter((p) => p.peer_id !== myPeer.value && inCall(p)))
  const full = computed(() => others.value.length >= MOST)
  /** Who else shows a screen; one at a time does. */
  const sharer = computed(() => others.value.find((p) => p.media?.screen))

  function tellMedia() {
    const on = (is: boolean) => joined.value && is
    send({ type: 'media', audio: on(audio.value), video: on(video.value), screen: on(!!screen.value), joined: joined.value })
  }
  function meet() {
    mesh?.meet(others.value.slice(0, MOST - 1).map((p) => ({ id: p.peer_id, listens: p.role === 'listener' })))
  }
  function openMesh() {
    mesh?.close()
    const changed = () => (remotes.value = mesh?.remotes() ?? [])
    const mine = { listens: listens.value, devices: stream.value, screen: screen.value?.getVideoTracks()[0] }
    mesh = new Mesh(myPeer.value, ice, mine, (to, data) => send({ type: 'signal', to, data }), changed)
    meet()
  }

  /** After every (re)connect: this tab has a new peer id, so that all links are made anew. */
  function welcomed(frame: { peer_id: string; role: Role; ice_servers?: RTCIceServer[] }) {
    myPeer.value = frame.peer_id
    ice = frame.ice_servers ?? []
    seated(frame.role)
    if (!joined.value) return
    openMesh()
    tellMedia()
  }

  /** Whoever becomes a listener gives up their devices; whoever may speak joins anew with them. */
  function seated(next: Role) {
    const before = role.value
    role.value = next
    if (before !== next && joined.value && (before === 'listener' || next === 'listener')) leave()
  }

  function join(devices?: MediaStream, on = { audio: true, video: true }) {
    stream.value = devices
    audio.value = on.audio && has(devices, 'audio')
    video.value = on.video && has(devices, 'video')
    enable(devices, 'audio', audio.value)
    enable(devices, 'video', video.value)
    joined.value = true
    openMesh()
    tellMedia()
    looking = setInterval(look, LOOK)
  }

  function leave() {
    if (!joined.value) return
    joined.value = false
    clearInterval(looking)
    counted = new Map()
    qualities.value = new Map()
    mesh?.close()
    mesh = undefined
    closeDevices(stream.value)
    closeDevices(screen.value)
    stream.value = screen.value = undefined
    remotes.value = []
    tellMedia()
  }

  async function look() {
    const now = new Map<string, Counts>()
    const seen = new Map<string, Quality>()
    for (const [peer, stats] of (await mesh?.stats()) ?? []) {
      now.set(peer, count(stats))
      const quality = judge(counted.get(peer), now.get(peer)!)
      if (quality) seen.set(peer, quality)
    }
    counted = now
    if (joined.value) qualities.value = seen
  }

  function toggle(kind: 'audio' | 'video') {
    if (!has(stream.value, kind)) return
    const state = kind === 'audio' ? audio : video
    state.value = !state.value
    enable(stream.value, kind, state.value)
    tellMedia()
  }

  /** A host asks for silence; gives whether there was anything to turn off. */
  function mute(): boolean {
    if (!joined.value || !audio.value) return false
    toggle('audio')
    return true
  }

  async function share() {
    const got = await openScreen().catch(() => undefined)
    if (!got) return
    if (!joined.value || sharer.value) return closeDevices(got)
    screen.value = got
    const [track] = got.getVideoTracks()
    track.onended = unshare
    mesh?.share(track)
    tellMedia()
  }

  function unshare() {
    if (!screen.value) return
    closeDevices(screen.value)
    screen.value = undefined
    mesh?.share(undefined)
    tellMedia()
  }

  function signalled(from: string, data: Signal) {
    if (joined.value) mesh?.receive(from, data)
  }

  /** The frames of the room that concern the call; whether this was one. */
  function heard(frame: any): boolean {
    if (frame.type === 'presence') peers.value = frame.peers
    else if (frame.type === 'signal') signalled(frame.from, frame.data)
    else if (frame.type === 'mute_all') {
      if (mute()) told(t('talks.muted_by', { name: frame.by }))
    } else if (frame.type === 'seated') {
      seated(frame.role)
      told(t(frame.role === 'listener' ? 'talks.seated_listener' : 'talks.seated_speaker'))
    } else if (frame.code === 'talk.room_full') {
      leave()
      told(t('talks.call_full'))
    } else if (frame.code === 'talk.screen_taken') {
      unshare()
      told(t('talks.screen_taken'))
    } else return IN_PASSING.includes(frame.code)
    return true
  }

  const raise = (up: boolean) => send({ type: 'hand', up })
  watch(others, meet)
  return {
    myPeer, role, listens, hand, peers, joined, audio, video, stream, screen, remotes, qualities, others, full, sharer,
    welcomed, heard, join, leave, toggle, mute, share, unshare, raise,
  }
}
export type Call = ReturnType<typeof useCall>

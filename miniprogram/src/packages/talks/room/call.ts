/** One's part in the video call of a room: devices, the mesh, mute and camera. */
import { computed, ref, shallowRef, watch } from 'vue'
import { closeDevices, enable, has } from '@/platform/call/devices'
import { Mesh, type Remote, type Signal } from '@/platform/call/mesh'

export interface Peer {
  peer_id: string
  person_id: string
  name: string
  side: 'host' | 'investor' | 'guest'
  media?: { audio: boolean; video: boolean; joined: boolean } | null
}
export const MOST = 4

const inCall = (p: Peer) => !!p.media?.joined

export function useCall(send: (frame: unknown) => unknown) {
  const myPeer = ref('')
  const peers = ref<Peer[]>([])
  const joined = ref(false)
  const audio = ref(true)
  const video = ref(true)
  const stream = shallowRef<MediaStream>()
  const remotes = shallowRef<Remote[]>([])
  let mesh: Mesh | undefined
  let ice: RTCIceServer[] = []

  const others = computed(() => peers.value.filter((p) => p.peer_id !== myPeer.value && inCall(p)))
  const full = computed(() => others.value.length >= MOST)

  function tellMedia() {
    send({ type: 'media', audio: joined.value && audio.value, video: joined.value && video.value, joined: joined.value })
  }
  function meet() {
    mesh?.meet(others.value.slice(0, MOST - 1).map((p) => p.peer_id))
  }
  function openMesh() {
    mesh?.close()
    const changed = () => (remotes.value = mesh?.remotes() ?? [])
    mesh = new Mesh(myPeer.value, ice, stream.value, (to, data) => send({ type: 'signal', to, data }), changed)
    meet()
  }

  /** After every (re)connect: this tab has a new peer id, so that all links are made anew. */
  function welcomed(frame: { peer_id: string; ice_servers?: RTCIceServer[] }) {
    myPeer.value = frame.peer_id
    ice = frame.ice_servers ?? []
    if (!joined.value) return
    openMesh()
    tellMedia()
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
  }

  function leave() {
    if (!joined.value) return
    joined.value = false
    mesh?.close()
    mesh = undefined
    closeDevices(stream.value)
    stream.value = undefined
    remotes.value = []
    tellMedia()
  }

  function toggle(kind: 'audio' | 'video') {
    if (!has(stream.value, kind)) return
    const state = kind === 'audio' ? audio : video
    state.value = !state.value
    enable(stream.value, kind, state.value)
    tellMedia()
  }

  function signalled(from: string, data: Signal) {
    if (joined.value) mesh?.receive(from, data)
  }

  watch(others, meet)
  return { myPeer, peers, joined, audio, video, stream, remotes, others, full, welcomed, join, leave, toggle, signalled }
}
export type Call = ReturnType<typeof useCall>

/** Sound and picture between up to four browsers, each connected with each. Of every two, the one that has been in the
 *  room longer calls and the other answers, so that offers never cross; a listener is always called, for whoever calls
 *  also sends. Every call has a number: what belongs to an
 *  earlier one is void, and a link that does not come about is simply called again. */

export interface Remote {
  peer: string
  stream: MediaStream
  state: RTCPeerConnectionState
}
export interface Signal {
  call: number
  description?: RTCSessionDescriptionInit
  candidates?: RTCIceCandidateInit[]
  /** The one who answers asks to be called again. */
  again?: boolean
}

export interface Other {
  id: string
  listens: boolean
}
/** What one gives to all others: devices, in the place of the camera's picture perhaps a screen; a listener nothing. */
export interface Mine {
  listens: boolean
  devices?: MediaStream
  screen?: MediaStreamTrack
}
const given = ({ listens, devices, screen }: Mine, kind: string) =>
  listens ? null : ((kind === 'video' && screen) || devices?.getTracks().find((t) => t.kind === kind)) ?? null

/** Time for a link to come about; doubled with every vain attempt. */
const PATIENCE = 4000
const LONGEST = 30_000
/** A short gap in the network often closes by itself. */
const GAP = 2500
/** Candidates found within this time travel together. */
const GATHERING = 100

class Link {
  stream = new MediaStream()
  private pc?: RTCPeerConnection
  private call = 0
  private attempts = 0
  /** Once up, a lost link is first tried on new ways of the same connection, then anew. */
  private wasUp = false
  private found: RTCIceCandidateInit[] = []
  private timer?: ReturnType<typeof setTimeout>
  private queue = Promise.resolve()

  constructor(
    readonly calling: boolean,
    private ice: RTCIceServer[],
    private mine: Mine,
    private send: (signal: Signal) => void,
    private changed: () => void,
  ) {
    if (calling) this.dial()
    else this.wait()
  }

  get state(): RTCPeerConnectionState {
    return this.pc?.connectionState ?? 'new'
  }

  close() {
    clearTimeout(this.timer)
    this.pc?.close()
    this.pc = undefined
  }

  /** What is given has changed; the other one need not be asked. */
  async give() {
    for (const { sender, receiver } of this.pc?.getTransceivers() ?? []) await sender.replaceTrack(given(this.mine, receiver.track.kind))
  }

  async stats(): Promise<Iterable<any>> {
    return (await this.pc?.getStats())?.values() ?? []
  }

  /** Signals are taken one after the other, as they came. */
  receive(signal: Signal) {
    this.queue = this.queue.then(() => this.take(signal)).catch((e) => console.warn('call', e))
  }

  private async take({ call, description, candidates, again }: Signal) {
    if (again) {
      if (this.calling && (call === this.call || !call)) this.dial()
    } else if (call > this.call && description?.type === 'offer' && !this.calling) {
      this.call = call
      this.open()
      await this.answer(description)
    } else if (call === this.call) {
      if (description?.type === 'offer') await this.answer(description)
      else if (description && this.pc?.signalingState === 'have-local-offer') await this.pc.setRemoteDescription(description)
      for (const candidate of candidates ?? []) await this.pc?.addIceCandidate(candidate)
    }
  }

  private open() {
    this.pc?.close()
    this.stream = new MediaStream()
    this.found = []
    this.wasUp = false
    const pc = (this.pc = new RTCPeerConnection({ iceServers: this.ice }))
    pc.ontrack = ({ track }) => {
      if (pc !== this.pc) return
      this.stream.addTrack(track)
      this.changed()
    }
    pc.onicecandidate = ({ candidate }) => candidate && pc === this.pc && this.gather(candidate.toJSON())
    pc.onconnectionstatechange = () => pc === this.pc && this.moved()
    // Also where there is nothing to send yet: a screen may come.
    if (this.calling) for (const kind of ['audio', 'video'] as const) pc.addTransceiver(given(this.mine, kind) ?? kind)
    this.changed()
  }

  private gather(candidate: RTCIceCandidateInit) {
    const { call } = this
    if (!this.found.length) {
      setTimeout(() => {
        if (call === this.call && this.pc) this.send({ call, candidates: this.found.splice(0) })
      }, GATHERING)
    }
    this.found.push(candidate)
  }

  private moved() {
    if (this.state === 'connected') {
      clearTimeout(this.timer)
      this.attempts = 0
      this.wasUp = true
    } else if (this.state === 'disconnected') this.wait(this.calling ? GAP : 2 * GAP)
    else if (this.state === 'failed') this.mend()
    this.changed()
  }

  private wait(time = Math.min(LONGEST, PATIENCE * 2 ** this.attempts)) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.mend(), time)
  }

  private mend() {
    this.attempts++
    if (!this.calling) {
      this.send({ call: this.call, again: true })
      this.wait()
    } else if (this.wasUp && this.pc) {
      this.wasUp = false
      this.pc.restartIce()
      this.offer()
    } else this.dial()
  }

  /** Numbers grow even when one leaves the call and comes back. */
  private dial() {
    this.call = Math.max(Date.now(), this.call + 1)
    this.open()
    this.offer()
  }

  private async offer() {
    const { pc, call } = this
    this.wait()
    try {
      await pc!.setLocalDescription()
      if (pc === this.pc) this.send({ call, description: pc!.localDescription!.toJSON() })
    } catch (e) {
      if (pc === this.pc) console.warn('offer', e)
    }
  }

  private async answer(offer: RTCSessionDescriptionInit) {
    const { pc, call } = this
    this.wait()
    await pc!.setRemoteDescription(offer)
    for (const both of pc!.getTransceivers()) both.direction = this.mine.listens ? 'recvonly' : 'sendrecv'
    await this.give()
    await pc!.setLocalDescription()
    if (pc === this.pc) this.send({ call, description: pc!.localDescription!.toJSON() })
  }
}

export class Mesh {
  private links = new Map<string, Link>()
  private others = new Map<string, Other>()

  constructor(
    private me: string,
    private ice: RTCIceServer[],
    private mine: Mine,
    private send: (to: string, signal: Signal) => void,
    private changed: () => void,
  ) {}

  /** Connects with exactly these peers; anew with those who listened and now speak, or the other way. */
  meet(others: Other[]) {
    this.others = new Map(others.filter((one) => !(one.listens && this.mine.listens)).map((one) => [one.id, one]))
    for (const [peer, link] of this.links) {
      if (this.others.has(peer) && link.calling === this.calls(peer)) continue
      link.close()
      this.links.delete(peer)
    }
    for (const peer of this.others.keys()) this.link(peer)
    this.changed()
  }

  receive(peer: string, signal: Signal) {
    this.link(peer).receive(signal)
  }

  /** A screen instead of the camera's picture, or the camera again. */
  share(screen?: MediaStreamTrack) {
    this.mine.screen = screen
    for (const link of this.links.values()) link.give().catch((e) => console.warn('share', e))
  }

  remotes(): Remote[] {
    return [...this.links].map(([peer, { stream, state }]) => ({ peer, stream, state }))
  }

  async stats(): Promise<[string, Iterable<any>][]> {
    return Promise.all([...this.links].map(async ([peer, link]) => [peer, await link.stats()] as [string, Iterable<any>]))
  }

  close() {
    for (const link of this.links.values()) link.close()
    this.links.clear()
  }

  /** Peer ids grow with time: the smaller one is the older. */
  private calls(peer: string): boolean {
    return !this.mine.listens && (!!this.others.get(peer)?.listens || this.me < peer)
  }

  private link(peer: string): Link {
    let link = this.links.get(peer)
    if (!link) {
      link = new Link(this.calls(peer), this.ice, this.mine, (signal) => this.send(peer, signal), this.changed)
      this.links.set(peer, link)
    }
    return link
  }
}

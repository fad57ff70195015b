/** Camera and microphone of a browser. Call only after a tap that asks for them. */
export interface Chosen {
  audio?: string
  video?: string
}
export interface Device {
  value: string
  label: string
}

export async function openDevices(chosen: Chosen = {}): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error('no secure context')
  const exactly = (id?: string) => (id ? { deviceId: { exact: id } } : {})
  const audio = { echoCancellation: true, noiseSuppression: true, ...exactly(chosen.audio) }
  const open = (wish: MediaStreamConstraints) => navigator.mediaDevices.getUserMedia(wish)
  try {
    return await open({ audio, video: { width: 640, height: 480, ...exactly(chosen.video) } })
  } catch (e) {
    // A desktop without a camera can still speak.
    return open({ audio })
  }
}

/** What there is to choose from; browsers name devices only once they may be used. */
export async function listDevices(kind: 'audio' | 'video'): Promise<Device[]> {
  const all = await navigator.mediaDevices.enumerateDevices()
  // Some systems list the one they use a second time.
  const own = all.filter((d) => d.kind === `${kind}input` && !['', 'default', 'communications'].includes(d.deviceId))
  return own.map((d) => ({ value: d.deviceId, label: d.label }))
}

/** Tells how loud the microphone is, 0 to 1, ten times a second; gives what ends it. */
export function hearLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const wave = new Uint8Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getByteTimeDomainData(wave)
    const loudest = wave.reduce((most, value) => Math.max(most, Math.abs(value - 128)), 0)
    tell(loudest / 128)
  }, 100)
  return () => {
    clearInterval(timer)
    context.close()
  }
}

export const canShareScreen = () => typeof navigator !== 'undefined' && !!navigator.mediaDevices?.getDisplayMedia
/** Fails when the person thinks better of it. */
export const openScreen = () => navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 10 }, audio: false })

export const closeDevices = (stream?: MediaStream) => stream?.getTracks().forEach((track) => track.stop())

export function enable(stream: MediaStream | undefined, kind: 'audio' | 'video', on: boolean) {
  for (const track of stream?.getTracks() ?? []) if (track.kind === kind) track.enabled = on
}

export const has = (stream: MediaStream | undefined, kind: 'audio' | 'video') => !!stream?.getTracks().some((t) => t.kind === kind)

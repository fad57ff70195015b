/** What is kept on the device, under one prefix. */
const PREFIX = 'palm.'

export function read<T>(key: string): T | undefined {
  const value = uni.getStorageSync(PREFIX + key)
  return value === '' || value === null || value === undefined ? undefined : (value as T)
}

export function write(key: string, value: unknown) {
  uni.setStorageSync(PREFIX + key, value)
}

export function forget(key: string) {
  uni.removeStorageSync(PREFIX + key)
}

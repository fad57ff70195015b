/** The app's one client. Pages do not use it directly, but through the functions of their room beside this file. */
import { createHttp } from './http'
import { tokenKeeper } from './session'
import { typed } from './typed'
import { origin } from '@/platform/target'
import { wire } from '@/platform/wire'

export const door = createHttp(origin, wire, tokenKeeper)
export const http = typed(door)

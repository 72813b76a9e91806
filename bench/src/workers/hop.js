// A bare hop: what any product behind workerd pays before it has done anything.
export default {
  fetch(request, env) {
    return env.UPSTREAM.fetch(request)
  },
}

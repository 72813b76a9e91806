// Sums up the events of a day; run by its schedule for the day before, or by hand for a day in its input.
exports.handler = async (input, ctx) => {
  const day = input?.day ?? new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const { rows } = await ctx.db.query(
    `insert into daily (day, events, amount)
     select $1::date, count(*), coalesce(sum(amount), 0) from events
      where received_at >= $1::date and received_at < $1::date + 1
     on conflict (day) do update set events = excluded.events, amount = excluded.amount
     returning events, amount`,
    [day],
  )
  const [[events, amount]] = rows
  // biome-ignore lint/suspicious/noConsole: the log of the run
  console.log(`${events} events of ${day}, ${amount} in all`)
  return { day, events: Number(events), amount: Number(amount) }
}

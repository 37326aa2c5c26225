// Package control holds what an operator says about a source: whether it is taken at
// all, how much of it, who goes first, and what becomes of events that break their
// contract. The configuration says it first; it can be changed while the platform
// runs, and a change survives a restart until it is reset.
//
// Doors ask [Source.Admit] and turn senders away; what fetches events itself waits in
// [Source.Wait], or in [Registry.Ready] and [Registry.Spend] where the size of what
// comes is known only later.
package control

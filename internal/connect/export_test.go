package connect

// Call notes a call to a server, as one of the hands does; the answer ends it.
func (s *Service) Call(origin string) (ended func()) { return s.servers.call(origin) }

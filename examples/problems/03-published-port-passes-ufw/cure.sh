# Say it where Docker asks: DOCKER-USER, by the port the client asked for (translation has
# happened already). (Or publish it where only the host itself gets to: -p 127.0.0.1:5432:5432.)
# netsim: host server
iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 5432 --ctdir ORIGINAL -j DROP

"""Configurations and requests that are put to the real nginx and to netsim's."""

from __future__ import annotations

PRE = "user root; worker_processes 1; error_log stderr; pid /tmp/n/pid; events { worker_connections 64; }"
WRONG = {
    "http { server { listen 80 } }": 'unexpected "}" in /tmp/n/c.conf:1',
    "http { server { listen 80; foo bar; } }": 'unknown directive "foo" in /tmp/n/c.conf:1',
    "http { server { listen 80; ": 'unexpected end of file, expecting "}" in /tmp/n/c.conf:2',
    "http { server { listen 80; } } }": 'unexpected "}" in /tmp/n/c.conf:1',
    "listen 80;": '"listen" directive is not allowed here in /tmp/n/c.conf:1',
    "http { server { listen; } }": 'invalid number of arguments in "listen" directive in /tmp/n/c.conf:1',
    "http { server { listen 80; location / { proxy_pass http://nosuch:80; } } }": 'host not found in upstream "nosuch" in /tmp/n/c.conf:1',
    "http { server { listen 80; location / { proxy_pass nosuch; } } }": "invalid URL prefix in /tmp/n/c.conf:1",
    "http { server { listen abc; } }": 'host not found in "abc" of the "listen" directive in /tmp/n/c.conf:1',
    "http { server { listen 99999; } }": 'invalid port in "99999" of the "listen" directive in /tmp/n/c.conf:1',
    "http { upstream u { } server { listen 80; } }": "no servers are inside upstream in /tmp/n/c.conf:1",
    "http { upstream u { server nosuch2:80; } server { listen 80; } }": 'host not found in upstream "nosuch2:80" in /tmp/n/c.conf:1',
    'http { server { listen 80; location / { return 200 "a$foo"; } } }': 'unknown "foo" variable',
    "http { server { listen 80; location / { } location / { } } }": 'duplicate location "/" in /tmp/n/c.conf:1',
    "http { include /tmp/n/no.conf; server { listen 80; } }": 'open() "/tmp/n/no.conf" failed (2: No such file or directory) in /tmp/n/c.conf:1',
    "http { server { listen 80 default_server; } server { listen 80 default_server; } }": "a duplicate default server for 0.0.0.0:80 in /tmp/n/c.conf:1",
    'http { server { listen 80; root "/x; } }': 'unexpected end of file, expecting ";" or "}" in /tmp/n/c.conf:2',
    "http { server { listen 80; location { } } }": 'invalid number of arguments in "location" directive in /tmp/n/c.conf:1',
    "http { server { listen 80; listen 80; } }": "a duplicate listen 0.0.0.0:80 in /tmp/n/c.conf:1",
}
"""What stands behind the usual beginning, and what is wrong with it."""
FILES = (
    "ip link set lo up; ip addr add 127.0.0.2/8 dev lo; mkdir -p /tmp/n/html/sub /tmp/n/html/empty /tmp/n/alt; cd /tmp/n; echo index > html/index.html; "
    "echo sub > html/sub/index.html; echo file > html/f.txt; echo alt > alt/index.html; echo aliased > alt/x"
)
BACKENDS = " ".join(
    f'server {{ listen 127.0.0.1:{port}; access_log off; location / {{ return 200 "{port} $request_method $request_uri $http_host $http_x_real_ip $http_x_forwarded_for'
    ' $http_user_agent $server_protocol\\n"; } location /gone { return 404; } location /moved { return 301 http://elsewhere.example/; } }'
    for port in (5001, 5002)
)
CONF = f"""{PRE}
http {{
  log_format own '$remote_addr $status $body_bytes_sent "$request" $http_referer';
  access_log /tmp/n/access.log own; default_type text/plain;
  upstream back {{ server 127.0.0.1:5001; server 127.0.0.1:5002; }}
  upstream heavy {{ server 127.0.0.1:5001 weight=2; server 127.0.0.1:5002 backup; }}
  upstream dead {{ server 127.0.0.1:5009; server 127.0.0.1:5001; }}
  upstream alldead {{ server 127.0.0.1:5008; server 127.0.0.1:5009; }}
  {BACKENDS}
  server {{ listen 127.0.0.1:80; server_name one.example *.wild.example; root /tmp/n/html;
    add_header X-A b;
    location = /exact {{ return 200 "exact\\n"; }}
    location /api/ {{ proxy_pass http://back/; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }}
    location /keep {{ proxy_pass http://back; }}
    location /eleven/ {{ proxy_pass http://127.0.0.1:5001/deep/; proxy_http_version 1.1; add_header X-B c always; }}
    location /gone {{ proxy_pass http://127.0.0.1:5001; }}
    location /moved {{ proxy_pass http://127.0.0.1:5001; }}
    location /heavy {{ proxy_pass http://heavy; }}
    location /dead/ {{ proxy_pass http://dead/; }}
    location /alldead {{ proxy_pass http://alldead; }}
    location /al/ {{ alias /tmp/n/alt/; }}
    location ~ \\.php$ {{ return 403; }}
    location ~* \\.JPG$ {{ return 200 "jpg $uri\\n"; }}
    location ^~ /pre {{ return 200 "pre\\n"; }}
    location /old {{ return 301 /new; }}
    location /abs {{ return 302 http://x.example/; }}
    location /no {{ return 204; }}
    location /try {{ try_files $uri $uri/ /f.txt; }}
    location /trys {{ try_files $uri =404; }}
    location /named {{ try_files $uri @back; }}
    location @back {{ proxy_pass http://127.0.0.1:5002; }}
    location /vars {{ return 200 "$host $server_port $request_uri $args $arg_a $scheme $request_method $remote_addr $http_x_y $uri\\n"; }}
    location /deny {{ deny 10.0.0.0/8; deny 127.0.0.0/8; allow all; }}
    location /allow {{ allow 127.0.0.1; deny all; alias /tmp/n/alt/x; }}
    error_page 404 /nf.html; location = /nf.html {{ return 404 "custom nf\\n"; }}
    error_page 502 =200 /sorry; location = /sorry {{ return 200 "sorry\\n"; }}
  }}
  server {{ listen 127.0.0.1:80 default_server; server_name _; return 404; }}
  server {{ listen 8080; server_name ~^re; return 200 "8080 $server_name\\n"; }}
  server {{ listen 127.0.0.2:80; root /tmp/n/alt; }}
}}
"""
PATHS = (
    "/", "/sub/", "/sub", "/sub?x=1", "/empty/", "/nosuch", "/exact", "/exactly", "/api/v1/x?y=1", "/api/2", "/keep/3", "/keep/4", "/heavy/1", "/heavy/2",
    "/eleven/x/y", "/gone/1", "/moved", "/dead/a", "/dead/b", "/alldead", "/al/x", "/al/none", "/x.php", "/a.jpg", "/prefix.php", "/old", "/abs", "/no", "/try/zz",
    "/try/", "/trys/zz", "/named/q?r=s", "/deny", "/allow", "//f.txt", "/f%2etxt",
)  # fmt: skip
ASK = (
    "curl -s -i -m 5 -H 'Host: {host}' {more} 'http://{place}{path}' | tr -d '\\r' | grep -vE '^(Date|Last-Modified|ETag|Accept-Ranges|Connection):'"
)
REQUESTS = (
    *(ASK.format(host="one.example", place="127.0.0.1", path=path, more="") for path in PATHS),
    ASK.format(host="one.example", place="127.0.0.1", path="/vars?a=b&c", more="-H 'X-Y: z'"),
    ASK.format(host="one.example", place="127.0.0.1", path="/api/x", more="-H 'X-Forwarded-For: 9.9.9.9'"),
    ASK.format(host="one.example", place="127.0.0.1", path="/f.txt", more="-X POST -d x"),
    ASK.format(host="one.example", place="127.0.0.1", path="/f.txt", more="-I"),
    ASK.format(host="one.example:80", place="127.0.0.1", path="/sub", more=""),
    *(ASK.format(host=host, place=place, path="/", more="") for host, place in (
        ("a.wild.example", "127.0.0.1"), ("other", "127.0.0.1"), ("reX", "127.0.0.1:8080"), ("x", "127.0.0.1:8080"), ("x", "127.0.0.2"), ("ONE.example", "127.0.0.1"),
    )),
)  # fmt: skip

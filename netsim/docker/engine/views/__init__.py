"""What inspect and the lists show: JSON values in the order of the API's structures, as each release of the daemon has them."""

from netsim.docker.engine.views.container import container_view
from netsim.docker.engine.views.image import image_view
from netsim.docker.engine.views.moment import moment
from netsim.docker.engine.views.network import network_view
from netsim.docker.image import image_id

__all__ = ["container_view", "image_id", "image_view", "moment", "network_view"]

"""The units of answers, each with its description, and the base of their models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Region = Literal["US_WEST", "US_EAST", "EUROPE", "ASIA", "SOUTH_AMERICA"]

Usd = Annotated[float, Field(description="USD, exact to 6 digits behind the point.")]
Btc = Annotated[float, Field(description="BTC, exact to 8 digits behind the point.")]
Quantity = Annotated[float, Field(description="BTC in lots of 0.0001.")]
Price = Annotated[float, Field(description="USD per BTC in ticks of 0.10.")]
Terahash = Annotated[float, Field(description="TH/s.")]
BasisPoints = Annotated[int, Field(description="Basis points: 10,000 are all of it.")]
Watts = Annotated[int, Field(description="W.")]
Tick = Annotated[int, Field(description="A tick of the season: 5 seconds.")]
GameSecond = Annotated[int, Field(description="A moment of the game's calendar, in seconds since its begin.")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Side = Literal["BUY", "SELL"]


class Shown(BaseModel):
    """Something an answer shows: camelCase. All fields are always there; what is not known is null."""

    model_config = ConfigDict(alias_generator=to_camel)
